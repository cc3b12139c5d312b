// The lazy chunk: the code of rarely opened pages, which is fetched when one of them is opened.

import { expectLive, holdRequests, requestsTo } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

const CHUNK = "**/split_lazy.wasm";
const CLOSED = { name: "Closed", level: 1 };
const UNREACHABLE = "The server cannot be reached. Check the connection and try again.";
const OUTDATED = "This page is out of date. Reload it to get the current version.";

test("the lazy chunk is fetched once, when the first of its pages is opened", async ({ page, server }) => {
  const fetches = requestsTo(page, "GET", "/split_lazy.wasm");
  await server.openAs(page, "bo", "/");
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  expect(fetches).toHaveLength(0);

  await page.getByRole("link", { name: "Closed" }).click();
  await expect(page.getByRole("heading", CLOSED)).toBeFocused();
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support"]);
  expect(fetches).toHaveLength(1);

  await page.getByRole("link", { name: "Conversations in progress" }).click();
  await expect(page.getByRole("heading", CLOSED)).toBeHidden();
  await page.getByRole("link", { name: "Closed" }).click();
  await expect(page.getByRole("heading", CLOSED)).toBeVisible();
  expect(fetches).toHaveLength(1);
});

test("a lazy page shows that it is loading until its chunk arrives", async ({ page, server }) => {
  const release = await holdRequests(page, CHUNK);
  await server.openAs(page, "bo", "/closed");
  await expect(page.getByRole("main").getByRole("status")).toHaveText("Loading");
  // The agent leaves and returns while the chunk is loading: only the second visit is rendered.
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await page.getByRole("link", { name: "Closed" }).click();
  await expect(page.getByRole("main").getByRole("status")).toHaveText("Loading");
  release();
  await expect(page.getByRole("heading", CLOSED)).toHaveCount(1);
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support"]);
});

test("a lazy page that is left before its chunk arrives does not appear over the next page", async ({
  page,
  server,
}) => {
  const release = await holdRequests(page, CHUNK);
  await server.openAs(page, "bo", "/closed");
  await expect(page.getByRole("main").getByRole("status")).toHaveText("Loading");
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  const response = page.waitForResponse(CHUNK);
  release();
  await (await response).finished();
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await expect(page.getByRole("heading", CLOSED)).toBeHidden();
});

test("a lazy page says when the server cannot be reached, and Retry loads it", async ({
  page,
  context,
  server,
  browserErrors,
}) => {
  browserErrors.expect("net::ERR_INTERNET_DISCONNECTED", "/");
  browserErrors.expect("TypeError: Failed to fetch", "/link.js");
  await server.openAs(page, "bo", "/");
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await context.setOffline(true);

  await page.getByRole("link", { name: "Closed" }).click();
  const alert = page.getByRole("main").getByRole("alert");
  await expect(alert).toContainText(UNREACHABLE);
  await alert.getByRole("button", { name: "Retry" }).click();
  await expect(alert).toContainText(UNREACHABLE);

  await context.setOffline(false);
  await alert.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByRole("heading", CLOSED)).toBeVisible();
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support"]);
  await expect(alert).toBeHidden();
});

test("a lazy page whose chunk the server no longer has says that it is out of date", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(404, "/split_lazy.wasm");
  browserErrors.expect("TypeError: ", "/link.js");
  await page.route(CHUNK, (route) =>
    route.fulfill({ status: 404, contentType: "application/problem+json", body: "{}" }),
  );
  await server.openAs(page, "bo", "/");
  await page.getByRole("link", { name: "Closed" }).click();
  const alert = page.getByRole("main").getByRole("alert");
  await expect(alert).toContainText(OUTDATED);

  await page.unroute(CHUNK);
  await alert.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByRole("heading", CLOSED)).toBeVisible();
});

test("Retry loads the list of a lazy page after a failed request", async ({
  page,
  freshServer: server,
  browserErrors,
}) => {
  const LISTS = "**/api/v1/conversations?**";
  browserErrors.expect("net::ERR_FAILED", "/conversations");
  await page.route(LISTS, (route) => route.abort());
  await server.openAs(page, "bo", "/closed");
  const collections = page.getByRole("region", { name: "Collections" });
  await expect(collections.getByRole("alert")).toContainText(UNREACHABLE);
  // Otherwise the first live update would load the lists before the click.
  await expectLive(page);
  await page.unroute(LISTS);
  await collections.getByRole("button", { name: "Retry" }).click();
  await expect(collections.getByRole("table")).toBeVisible();
});
