/** What the bodies of one caller, and of all, may hold in memory at one time: until the calls are answered. */
export interface RoomLimits {
  readonly each: Readonly<Held>;
  readonly together: Readonly<Held>;
}

interface Held {
  calls: number;
  bytes: number;
}

/** Room for what calls carry. Who is corrupt or slow cannot take the others' room. */
export interface Room {
  /** Undefined where there is no room now; else what gives the room back, to be called once. */
  enter(name: string, bytes: number): (() => void) | undefined;
}

export function createRoom({ each, together }: RoomLimits): Room {
  const all: Held = { calls: 0, bytes: 0 };
  const byName = new Map<string, Held>();
  return {
    enter(name, bytes) {
      const own = byName.get(name) ?? { calls: 0, bytes: 0 };
      if (!fits(own, bytes, each) || !fits(all, bytes, together)) return undefined;
      byName.set(name, own);
      for (const held of [own, all]) {
        held.calls++;
        held.bytes += bytes;
      }
      return () => {
        for (const held of [own, all]) {
          held.calls--;
          held.bytes -= bytes;
        }
        if (own.calls === 0) byName.delete(name);
      };
    },
  };
}

function fits(held: Held, bytes: number, max: Readonly<Held>): boolean {
  return held.calls < max.calls && held.bytes + bytes <= max.bytes;
}
