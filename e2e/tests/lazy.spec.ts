// The chunk: the code of the pages that few open. It is no part of what every visit downloads, and a page whose code
// cannot be fetched says so.

import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures/test.ts";

const CHUNK = "**/split_lazy.wasm";
const CLOSED = { name: "Closed", level: 1 };
const UNREACHABLE = "The server cannot be reached. Check the connection and try again.";
const OUTDATED = "This page is out of date. Reload it to get the current version.";

/** How often a page has asked for the chunk, from now on. */
function fetches(page: Page): { count: number } {
  const asked = { count: 0 };
  page.on("request", (request) => {
    if (request.url().endsWith("/split_lazy.wasm")) asked.count += 1;
  });
  return asked;
}

test("the chunk is fetched when the first of its pages is opened, and only then", async ({ page, context, desk }) => {
  const asked = fetches(page);
  await desk.signIn(context, "bo");
  await page.goto("/");
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  expect(asked.count).toBe(0);

  await page.getByRole("link", { name: "Closed" }).click();
  await expect(page.getByRole("heading", CLOSED)).toBeFocused();
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support"]);
  expect(asked.count).toBe(1);

  await page.getByRole("link", { name: "Conversations in progress" }).click();
  await expect(page.getByRole("heading", CLOSED)).toBeHidden();
  await page.getByRole("link", { name: "Closed" }).click();
  await expect(page.getByRole("heading", CLOSED)).toBeVisible();
  expect(asked.count).toBe(1);
});

test("while the chunk is on its way, its place is held", async ({ page, context, desk }) => {
  let arrive = () => {};
  const arrival = new Promise<void>((resolve) => (arrive = resolve));
  await page.route(CHUNK, async (route) => {
    await arrival;
    await route.continue();
  });
  await desk.signIn(context, "bo");
  await page.goto("/closed");
  await expect(page.getByRole("main").getByRole("status")).toHaveText("Loading");
  // Away and back while it is on its way: the page that was left is not drawn, the one that is wanted is.
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await page.getByRole("link", { name: "Closed" }).click();
  await expect(page.getByRole("main").getByRole("status")).toHaveText("Loading");
  arrive();
  await expect(page.getByRole("heading", CLOSED)).toHaveCount(1);
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support"]);
});

test("a page that is left before its chunk arrives does not appear over the next one", async ({
  page,
  context,
  desk,
}) => {
  let arrive = () => {};
  const arrival = new Promise<void>((resolve) => (arrive = resolve));
  await page.route(CHUNK, async (route) => {
    await arrival;
    await route.continue();
  });
  await desk.signIn(context, "bo");
  await page.goto("/closed");
  await expect(page.getByRole("main").getByRole("status")).toHaveText("Loading");
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  const arrived = page.waitForResponse(CHUNK);
  arrive();
  await (await arrived).finished();
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await expect(page.getByRole("heading", CLOSED)).toBeHidden();
});

test("a chunk that cannot be fetched is said to be out of reach, and Retry brings the page", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect("net::ERR_INTERNET_DISCONNECTED", "/");
  problems.expect("TypeError: Failed to fetch", "/link.js");
  await desk.signIn(context, "bo");
  await page.goto("/");
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

test("a chunk that the server no longer has means that the page is out of date", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(404, "/split_lazy.wasm");
  problems.expect("TypeError: ", "/link.js");
  await page.route(CHUNK, (route) =>
    route.fulfill({ status: 404, contentType: "application/problem+json", body: "{}" }),
  );
  await desk.signIn(context, "bo");
  await page.goto("/");
  await page.getByRole("link", { name: "Closed" }).click();
  const alert = page.getByRole("main").getByRole("alert");
  await expect(alert).toContainText(OUTDATED);

  await page.unroute(CHUNK);
  await alert.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByRole("heading", CLOSED)).toBeVisible();
});

test("a page of the chunk whose list could not be fetched shows it after Retry", async ({
  page,
  context,
  desk,
  problems,
}) => {
  const LISTS = "**/api/v1/conversations?**";
  problems.expect("net::ERR_FAILED", "/conversations");
  await page.route(LISTS, (route) => route.abort());
  await desk.signIn(context, "bo");
  await page.goto("/closed");
  const collections = page.getByRole("region", { name: "Collections" });
  await expect(collections.getByRole("alert")).toContainText(UNREACHABLE);
  await page.unroute(LISTS);
  await collections.getByRole("button", { name: "Retry" }).click();
  await expect(collections.getByRole("table")).toBeVisible();
});
