/** Where an operation stands on the chain: block height, index of its entry in the block, index of the operation in the entry. */
export interface Position {
  readonly height: number;
  readonly index: number;
  readonly operation: number;
}

const HEIGHT_DIGITS = 12;

/** Zero padded, so that byte order is numeric order. */
export function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

export function heightKey(height: number): string {
  return padded(height, HEIGHT_DIGITS);
}

/** A position as the end of a key: in byte order, positions stand in the order of the chain. */
export function positionKey({ height, index, operation }: Position): string {
  return `${heightKey(height)}/${padded(index, 5)}/${padded(operation, 2)}`;
}

/** The end of keys from this height on. */
export function positionsFrom(height: number): string {
  return `${heightKey(height)}/`;
}
