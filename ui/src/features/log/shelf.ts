import { type Block, blocksOf, Searchable } from "./blocks";
import { bytesOf, Refused, Unanswered } from "./bytes";
import type { FromReader, ToReader } from "./whole-protocol";

/** One whole log: read once, handed on in blocks, and searched as often as somebody types. */
export class Shelf {
  private unprepared: { first: number; text: string }[] = [];
  private searchable: Searchable[] = [];

  constructor(
    private readonly post: (message: FromReader, hand?: Transferable[]) => void,
    private readonly signal?: AbortSignal,
  ) {}

  receive(message: ToReader): void {
    if (message.kind === "read") void this.read(message.address);
    else this.post({ kind: "found", id: message.id, lines: Uint32Array.from(this.find(message.needle)) });
  }

  private async read(address: string): Promise<void> {
    try {
      for await (const { block, text } of blocksOf(bytesOf(address, this.signal))) {
        this.unprepared.push({ first: block.first, text: withoutOpenLine(block, text) });
        this.post({ kind: "block", block }, [block.bytes.buffer, block.starts.buffer, block.errors.buffer]);
      }
      this.post({ kind: "end" });
      this.prepareSoon();
    } catch (error) {
      if (error instanceof Refused) this.post({ kind: "refused", status: error.status, text: error.text });
      else if (error instanceof Unanswered) this.post({ kind: "unanswered" });
      else this.post({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  }

  private find(needle: string): number[] {
    while (this.unprepared.length > 0) this.prepare();
    const found: number[] = [];
    for (const each of this.searchable) each.find(needle, found);
    return found;
  }

  private prepareSoon(): void {
    setTimeout(() => {
      this.prepare();
      if (this.unprepared.length > 0) this.prepareSoon();
    });
  }

  private prepare(): void {
    const next = this.unprepared.shift();
    if (next !== undefined) this.searchable.push(new Searchable(next.first, next.text));
  }
}

/** A line that is still being written is searched by who knows how it goes on. */
function withoutOpenLine(block: Block, text: string): string {
  const end = text.lastIndexOf("\n");
  return block.isOpen ? text.slice(0, Math.max(0, end)) : text.slice(0, end);
}
