import assert from "node:assert/strict";

const LINES = 250;
const file = `name: longhaul
stages:
  - name: build
    jobs:
      - name: count
        runs_on: steady
        steps:
          - run: for i in $(seq 1 ${LINES}); do echo "count $i of ${LINES}"; sleep 0.1; done
`;

/** The column of times, while the log grows: at the pace at which the job wrote, the minutes included in which no server was there. */
async function everyLineHasItsTime(page) {
  assert.equal(new URL(page.url()).searchParams.get("times"), null);
  await page.getByRole("button", { name: "Time", exact: true }).click();
  await page.waitForURL(/[?&]times=true/);
  const region = page.getByRole("region", { name: /Log lines/ });
  await region.focus();
  const times = new Map();
  for (let line = 1; line <= LINES; line += 15) {
    await page.evaluate(
      (fragment) => {
        location.hash = fragment;
      },
      `L${line + 4}`,
    );
    await page.getByText(`count ${line} of ${LINES}`).first().waitFor();
    const rows = await page
      .locator("[data-line]:visible")
      .evaluateAll((rows) => rows.map((row) => [row.innerText, row.children[1].textContent]));
    for (const [text, time] of rows) {
      const number = /count (\d+) of/.exec(text)?.[1];
      if (number !== undefined) times.set(Number(number), Number.parseFloat(time));
    }
  }
  assert.equal(times.size, LINES, `times of ${times.size} lines`);
  const inOrder = Array.from({ length: LINES }, (_, index) => times.get(index + 1));
  assert.deepEqual(
    inOrder,
    inOrder.toSorted((one, other) => one - other),
  );
  // The job slept a tenth of a second before each of them. On a busy machine the runner may find two lines at once.
  assert.ok(inOrder.at(-1) - inOrder[0] >= 0.1 * (LINES - 1), `all lines within ${inOrder.at(-1) - inOrder[0]} s`);
  assert.ok(new Set(inOrder).size > LINES / 2, `${new Set(inOrder).size} different times`);
}

export const scenarios = {
  "a log is followed through a restart of the server, and no line of it is lost": async (world) => {
    const { body: issued } = await world.ask("olga", "POST", "/api/v1/runners/tokens", { pool: "steady" });
    const runner = await world.startRunner("steady", issued.token);
    try {
      const repository = await world.makeRepository("longhaul", { ".tidegate/pipeline.yaml": file }, "Count slowly");
      const connected = await world.ask("olga", "POST", "/api/v1/pipelines", { repository, branch: "main" });
      assert.equal(connected.status, 201, JSON.stringify(connected.body));
      const page = await world.as("ana", "/p/longhaul");
      await page.getByText("Count slowly").first().waitFor();
      await page.goto(`${world.address}/p/longhaul/releases/1/log`);
      await page.getByText("count 10 of", { exact: false }).first().waitFor();
      await page.evaluate(() => {
        window.wasHere = true;
      });
      await world.server.down();
      await page.getByText(/reconnecting/i).waitFor();
      await world.server.up();
      // It follows by itself: the last line comes into view without anybody pressing anything.
      await page.getByText(`count ${LINES} of ${LINES}`).first().waitFor({ timeout: 90_000 });
      assert.equal(await page.evaluate(() => window.wasHere), true, "the page was loaded again");
      await everyLineHasItsTime(page);
      const { body: release } = await world.ask("ana", "GET", "/api/v1/pipelines/longhaul/releases/1");
      const attempt = release.nodes.find((node) => node.attempts.length > 0).attempts[0];
      assert.equal(release.nodes.flatMap((node) => node.attempts).length, 1, "the job was started again");
      const context = await world.context("ana");
      const raw = await (await context.request.get(`${world.address}/api/v1/attempts/${attempt.id}/log/raw`)).text();
      const counted = [...raw.matchAll(/^count (\d+) of/gm)].map(([, number]) => Number(number));
      assert.deepEqual(
        counted,
        Array.from({ length: LINES }, (_, index) => index + 1),
      );
    } finally {
      await world.stopProgram(runner);
    }
  },
};
