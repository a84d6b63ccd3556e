/** The server answered, and not with what was asked for. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly text: string,
  ) {
    super(`answered with ${status}`);
  }
}

/** No answer came. */
export class Unanswered extends Error {}

/** The bytes behind an address, as they come. Ends early when it is told to. */
export async function* bytesOf(address: string, signal?: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let answer: Response;
  try {
    answer = await globalThis.fetch(address, { cache: "no-store", ...(signal === undefined ? {} : { signal }) });
  } catch (cause) {
    if (signal?.aborted) return;
    throw new Unanswered("no answer came", { cause });
  }
  if (!answer.ok) throw new Refused(answer.status, await answer.text());
  const reader = answer.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done || signal?.aborted) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
