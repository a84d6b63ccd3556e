import assert from "node:assert/strict";
import { request as ask, createServer } from "node:http";
import { until } from "../until.mjs";

const TABS = 7;

/** Stands in front of the server and counts who follows its events. */
async function counting(world) {
  const following = { now: 0, most: 0 };
  const { port } = new URL(world.address);
  const proxy = createServer((request, response) => {
    const isStream = request.url.startsWith("/api/v1/events?");
    if (isStream) {
      following.now += 1;
      following.most = Math.max(following.most, following.now);
      response.once("close", () => {
        following.now -= 1;
      });
    }
    const passed = ask({ host: "127.0.0.1", port, method: request.method, path: request.url, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    response.on("close", () => passed.destroy());
    request.pipe(passed);
  });
  await new Promise((done) => proxy.listen(0, "127.0.0.1", done));
  return { following, address: `http://127.0.0.1:${proxy.address().port}`, end: () => proxy.close() };
}

/** Pages of one browser profile that show the board; all of them hear of a new commit. */
async function tabs(world, address, count, prepare = async () => {}) {
  const context = await world.browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(20_000);
  await world.signIn(context, "vera");
  await prepare(context);
  const pages = [];
  for (let tab = 0; tab < count; tab += 1) {
    const page = await context.newPage();
    world.watch(page, `tab ${tab + 1}`);
    await page.goto(`${address}/p/shop`);
    await page.getByText("Live", { exact: true }).waitFor();
    pages.push(page);
  }
  return { context, pages };
}

export const scenarios = {
  "seven tabs of one browser follow the server through one stream": async (world) => {
    const proxy = await counting(world);
    const { context, pages } = await tabs(world, proxy.address, TABS);
    try {
      assert.ok(await pages[0].evaluate(() => typeof SharedWorker === "function"));
      await until("there is one stream", async () => proxy.following.now === 1);
      const { short } = await world.commit("Sell postcards");
      for (const page of pages)
        await page
          .getByRole("region", { name: /^beta: / })
          .getByText(short)
          .waitFor();
      assert.equal(proxy.following.now, 1, "streams while seven tabs look");
    } finally {
      await context.close();
      proxy.end();
    }
  },

  "a browser without shared workers follows with a stream of the page's own": async (world) => {
    const proxy = await counting(world);
    const { context, pages } = await tabs(world, proxy.address, 2, (context) =>
      context.addInitScript(() => {
        delete window.SharedWorker;
      }),
    );
    try {
      assert.ok(await pages[0].evaluate(() => typeof SharedWorker === "undefined"));
      await until("each page has its stream", async () => proxy.following.now === 2);
      const { short } = await world.commit("Sell stamps");
      for (const page of pages)
        await page
          .getByRole("region", { name: /^beta: / })
          .getByText(short)
          .waitFor();
      await pages[1].close();
      await until("the stream went with its page", async () => proxy.following.now === 1);
    } finally {
      await context.close();
      proxy.end();
    }
  },

  "the picture has a twin that is a table: the same waves, and what each waits for": async (world) => {
    const page = await world.as("vera", "/p/shop/commits");
    await page.getByRole("option", { name: /Sell stamps/ }).waitFor();
    await page.keyboard.press("t");
    await page.waitForURL(/view=table/);
    const table = page.getByRole("table");
    await table.waitFor();
    const names = await table.getByRole("rowheader").allInnerTexts();
    assert.deepEqual(names, ["build", "beta", "prod · wave-1", "prod · wave-2"]);
    const { stages, changes } = await world.board();
    const waves = stages.flatMap((stage) => stage.waves);
    for (const [index, wave] of waves.entries()) {
      if (index === 0) continue;
      const live = changes.find((change) => change.n === wave.targets[0].live)?.sha.slice(0, 7);
      if (live === undefined) continue;
      const row = table.getByRole("row").nth(index + 1);
      assert.ok((await row.innerText()).includes(live), `${names[index]} runs ${live}: ${await row.innerText()}`);
    }
    await table
      .getByRole("row", { name: /prod · wave-1/ })
      .getByRole("button", { name: /approval/ })
      .click();
    await page.waitForURL(/gate=/);
    await page
      .getByRole("complementary")
      .or(page.getByRole("region", { name: /prod · wave-1/ }))
      .getByText("Waits for approval")
      .waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("t");
    await page.getByRole("listbox", { name: "Commits, newest first" }).waitFor();
  },
};
