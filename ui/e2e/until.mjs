/** Waits until `look` answers something true, and says what was waited for when it never does. */
export async function until(what, look, within_ms = 60_000) {
  const end = Date.now() + within_ms;
  let last;
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
      last = undefined;
    } catch (error) {
      if (error.isFinal) throw error;
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${within_ms} ms in vain until ${what}${last === undefined ? "" : `: ${last.message}`}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
