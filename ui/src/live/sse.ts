/** One server-sent event. */
export type Message = { event: string; data: string; id: string | undefined };

/** Reads `text/event-stream` piece by piece; pieces may end anywhere. Comments come out as events named `:`: they prove that the line is alive. */
export class EventStreamReader {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id: string | undefined;

  read(piece: string): Message[] {
    const found: Message[] = [];
    const text = this.rest + piece;
    // A carriage return at the end may be the first half of a line's end.
    const whole = text.endsWith("\r") ? text.slice(0, -1) : text;
    const lines = whole.split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? "") + text.slice(whole.length);
    for (const line of lines) {
      if (line === "") {
        if (this.data.length > 0) found.push({ event: this.event || "message", data: this.data.join("\n"), id: this.id });
        this.event = "";
        this.data = [];
      } else if (line.startsWith(":")) {
        found.push({ event: ":", data: line.slice(1).trim(), id: this.id });
      } else {
        this.field(line);
      }
    }
    return found;
  }

  private field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.event = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id") this.id = value;
  }
}
