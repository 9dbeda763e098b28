/** What the doors tell of each call, and the text that an operator's Prometheus reads. */
export interface Metrics {
  /** One answered call; `route` is the declared pattern, never a path, and `code` the problem's where there was one. */
  call(of: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
    readonly code?: string;
  }): void;
  /** Prometheus text exposition format 0.0.4. */
  text(): Promise<string>;
}

export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";
