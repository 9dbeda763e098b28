/** Tells the demo line by line and remembers whether every line was true. */
export class Story {
  private readonly began = Date.now();
  private lines = 0;
  private untrue = 0;

  chapter(title: string): void {
    this.say(`\n■ ${title}`);
  }

  say(line: string): void {
    console.log(line);
  }

  check(line: string, holds: boolean): void {
    this.lines += 1;
    if (!holds) this.untrue += 1;
    this.say(`  ${holds ? "✓" : "✗"} ${line}`);
  }

  fail(reason: string): void {
    this.untrue += 1;
    this.say(`  ✗ ${reason}`);
  }

  /** Prints the sum; answers the exit code. */
  close(): 0 | 1 {
    const seconds = ((Date.now() - this.began) / 1000).toFixed(1);
    this.say(`\n${this.lines - this.untrue} of ${this.lines} lines are true, ${seconds} s`);
    return this.untrue === 0 ? 0 : 1;
  }
}
