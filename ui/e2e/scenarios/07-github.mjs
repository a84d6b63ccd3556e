import assert from "node:assert/strict";
import { createServer } from "node:http";
import { look } from "../look.mjs";

/** As much of GitHub as signing in needs; `person` is who is signed in there. */
function gitHub() {
  const state = { person: { id: 77, login: "ada", teams: ["platform"] }, asked: [] };
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://github");
    const json = (value) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(value));
    };
    state.asked.push(url.pathname);
    switch (url.pathname) {
      case "/login/oauth/authorize":
        response.statusCode = 302;
        response.setHeader("location", `${url.searchParams.get("redirect_uri")}?code=once&state=${url.searchParams.get("state")}`);
        return response.end();
      case "/login/oauth/access_token":
        return json({ access_token: "a-token" });
      case "/api/v3/user":
        return json({ id: state.person.id, login: state.person.login });
      case "/api/v3/user/teams":
        return json(state.person.teams.map((slug) => ({ slug, organization: { login: "acme" } })));
      default:
        response.statusCode = 404;
        return response.end();
    }
  });
  return new Promise((done) =>
    server.listen(0, "127.0.0.1", () => done({ state, server, address: `http://127.0.0.1:${server.address().port}` })),
  );
}

export const scenarios = {
  "somebody signs in with GitHub and comes to where they wanted; whoever is in no team is told so": async (world) => {
    const forge = await gitHub();
    const place = await world.anotherServer("github", {
      TIDEGATE_EGRESS_ALLOW_LOOPBACK: "true",
      TIDEGATE_GITHUB_URL: forge.address,
      TIDEGATE_GITHUB_SIGN_IN_CLIENT_ID: "an-app",
      TIDEGATE_GITHUB_SIGN_IN_CLIENT_SECRET: "its-secret",
      TIDEGATE_GITHUB_SIGN_IN_TEAMS: "acme/platform=operator",
    });
    const context = await world.browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    try {
      const page = await context.newPage();
      world.watch(page, "github");
      await page.goto(`${place.address}/settings?tab=github`);
      const button = page.getByRole("link", { name: "Sign in with GitHub" });
      await button.waitFor();
      await look(page, world.out, "login-github", `${place.address}/login`);

      forge.state.person = { id: 78, login: "eve", teams: [] };
      await page.goto(`${place.address}/settings?tab=github`);
      await button.click();
      await page.getByText("none of your teams there may use this server").waitFor();

      forge.state.person = { id: 77, login: "ada", teams: ["platform"] };
      await page.goto(`${place.address}/settings?tab=github`);
      await button.click();
      await page.waitForURL(`${place.address}/settings?tab=github`);
      await page.getByText("ada@github", { exact: true }).waitFor();
      await page.getByRole("heading", { name: "GitHub" }).waitFor();
      await page.getByText("people can sign in with GitHub").waitFor();
      await page.getByText("An admin can make this server a GitHub App here.").waitFor();
      assert.equal(await page.getByRole("button", { name: "Make the App at GitHub" }).count(), 0, "an operator makes no App");
      assert.ok(!(await page.content()).includes("its-secret"), "a secret is on the page");
      await look(page, world.out, "settings-github", `${place.address}/settings?tab=github`);
      // An id that this browser never made leads to the first page and nowhere else.
      await page.goto(`${place.address}/?then=made-up`);
      await page.waitForURL(`${place.address}/`);
    } finally {
      await context.close();
      await place.admin.close();
      forge.server.close();
    }
  },
};
