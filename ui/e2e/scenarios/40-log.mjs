import assert from "node:assert/strict";

const LINES = 100_000;
const MAX_READY_MS = 500;
const MOST_VISITS = 8;
const MAX_HEAP_MB = 60;
const esc = "\u001b";
const hostile = [
  `<script>globalThis.hit = 1</script><img src=x onerror="globalThis.hit = 1">`,
  `${esc}]8;;javascript:globalThis.hit=1${esc}\\press me${esc}]8;;${esc}\\`,
  `${esc}]8;;https://ci.example/build${esc}\\the build${esc}]8;;${esc}\\`,
  `if (admin\u202e) { return \u2066true`,
  `${esc}]0;owned\u0007${esc}[2Jafter the sequences`,
];
const lines = Array.from({ length: LINES }, (_, n) =>
  n < hostile.length
    ? hostile[n]
    : n === 90_000
      ? `${esc}[31mFAIL${esc}[0m tests/refund.rs::refund_idempotency`
      : `${esc}[32mok  ${esc}[0m tests/payout.rs::case_${String(n % 997).padStart(3, "0")} ${esc}[90min ${n % 80} ms on a machine that was doing other things as well${esc}[0m`,
);

/** Opens a log of 100,000 lines in place of the first job's own. */
async function open(world) {
  const page = await world.as("olga");
  await page.route("**/api/v1/attempts/*/log**", (route) => {
    const url = new URL(route.request().url());
    if (url.pathname.endsWith("/raw")) return route.fulfill({ contentType: "text/plain; charset=utf-8", body: `${lines.join("\n")}\n` });
    if (url.pathname.endsWith("/times")) return route.fulfill({ json: { times: lines.map((_, line) => [line, line * 3]) } });
    if (url.pathname.endsWith("/search")) {
      const hits = lines.flatMap((line, at) => (line.includes(url.searchParams.get("q")) ? [at] : []));
      return route.fulfill({ json: { total: hits.length, lines: hits.slice(0, 1_000) } });
    }
    const from = Number(url.searchParams.get("from") ?? 0);
    const count = Number(url.searchParams.get("count") ?? 2_000);
    return route.fulfill({
      json: { first_line: from, lines: lines.slice(from, from + count), total_lines: LINES, complete: true, lost_bytes: 0, times: [] },
    });
  });
  return page;
}

export const scenarios = {
  "a log of 100,000 lines is ready soon and small in memory, and the last line can be reached": async (world) => {
    const page = await open(world);
    const tools = await page.context().newCDPSession(page);
    await tools.send("Performance.enable", { timeDomain: "threadTicks" });
    const busy = async () => {
      const { metrics } = await tools.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration").value * 1_000;
    };
    // Two visits: the second one measures the log and not the loading of the page's code.
    await page.goto(`${world.address}/p/shop/releases/1/log#L1`);
    await page.getByText("100,000 lines", { exact: false }).first().waitFor();
    // On a machine that is busy even a thread's own time gets longer: the best visit is the code's.
    let ready_ms = Number.POSITIVE_INFINITY;
    for (let visit = 0; visit < MOST_VISITS && ready_ms > MAX_READY_MS; visit++) {
      await page.goto(`${world.address}/p/shop/releases/1?view=artifacts`);
      await page.getByRole("link", { name: "Waterfall" }).waitFor();
      const before = await busy();
      await page.getByRole("link", { name: "Waterfall" }).click();
      await page.getByRole("button", { name: "Next error" }).and(page.locator(":enabled")).waitFor();
      ready_ms = Math.min(ready_ms, (await busy()) - before);
    }
    await tools.send("HeapProfiler.collectGarbage");
    const { usedSize } = await tools.send("Runtime.getHeapUsage");
    const heap_mb = usedSize / 1_000_000;
    console.log(`      100,000 lines: ${ready_ms.toFixed(0)} ms of the page's own thread, ${heap_mb.toFixed(0)} MB heap`);
    assert.ok(ready_ms <= MAX_READY_MS, `the page's thread worked ${ready_ms.toFixed(0)} ms, at most ${MAX_READY_MS} are allowed`);
    assert.ok(heap_mb <= MAX_HEAP_MB, `the heap has ${heap_mb.toFixed(0)} MB, at most ${MAX_HEAP_MB} are allowed`);
    await page.getByRole("region", { name: /Log lines/ }).focus();
    await page.keyboard.press("Shift+G");
    await page.locator(`[data-line="${LINES - 1}"]`).waitFor();
    assert.ok((await page.locator("[data-line]").count()) < 200, "only rows near the view are elements");
  },

  "search counts every line, errors are jumped to, and a link to lines leads there": async (world) => {
    const page = await open(world);
    await page.goto(`${world.address}/p/shop/releases/1/log?q=refund_idem#L90001-L90003`);
    await page.locator('[data-line="90000"]').waitFor();
    await page.getByText("1 line", { exact: true }).waitFor();
    await page.getByLabel("Search this log").fill("case_001");
    const hits = lines.filter((line) => line.includes("case_001")).length;
    await page.getByText(`${hits} lines`, { exact: true }).waitFor();
    await page.getByRole("button", { name: "Next error" }).click();
    await page.waitForURL(/#L90001$/);
  },

  "each of 100,000 lines shows when it was written, as its link says": async (world) => {
    const page = await open(world);
    await page.goto(`${world.address}/p/shop/releases/1/log?times=true#L90001`);
    const line = page.locator('[data-line="90000"]');
    await line.getByText("270.00s").waitFor();
    await page.getByRole("region", { name: /Log lines/ }).focus();
    await page.keyboard.press("t");
    await line.getByText("270.00s").waitFor({ state: "detached" });
    assert.equal(new URL(page.url()).searchParams.get("times"), null);
    assert.equal(new URL(page.url()).hash, "#L90001");
  },

  "hostile text in a log stays text": async (world) => {
    const page = await open(world);
    await page.goto(`${world.address}/p/shop/releases/1/log#L1`);
    await page.locator('[data-line="0"]').waitFor();
    await page.getByText("<script>globalThis.hit = 1</script>").waitFor();
    await page.getByText("⟨U+202E⟩").first().waitFor();
    await page.getByText("after the sequences").waitFor();
    assert.equal(await page.locator("[data-line] script, [data-line] img").count(), 0);
    assert.deepEqual(await page.locator("[data-line] a").evaluateAll((links) => links.map((link) => link.href)), [
      "https://ci.example/build",
    ]);
    await page.getByText("press me").click();
    assert.equal(await page.evaluate(() => globalThis.hit), undefined);
  },
};
