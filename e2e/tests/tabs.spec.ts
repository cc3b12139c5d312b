// Many tabs of one browser: they share one live stream, so that HTTP/1.1's six connections are enough for all of them.

import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures/test.ts";

/** Counts the streams that are opened in these pages from now on. */
function streams(pages: Page[]): { count: number } {
  const opened = { count: 0 };
  for (const page of pages) {
    page.on("request", (request) => {
      if (request.url().endsWith("/api/v1/events")) opened.count += 1;
    });
  }
  return opened;
}

test("twelve tabs share one stream, all get new rows live, and requests still work", async ({
  page,
  context,
  desk,
}) => {
  test.setTimeout(90_000);
  await desk.signIn(context, "bo");
  const pages = [page, ...(await Promise.all(Array.from({ length: 11 }, () => context.newPage())))];
  const opened = streams(pages);
  for (const tab of pages) await tab.goto(desk.url);
  for (const tab of pages) await expect(tab.getByText("live", { exact: true })).toBeVisible();
  expect(opened.count).toBe(1);

  const customer = desk.customer("Support");
  await customer.text("Does every tab have this?");
  for (const tab of pages) await expect(tab.getByRole("row").filter({ hasText: customer.shown })).toBeVisible();

  const { id } = await (await desk.agent("bo")).conversation("Support", customer.number);
  const last = pages.at(-1)!;
  await last.goto(`${desk.url}/conversations/${id}`);
  await last.getByRole("textbox", { name: "Message" }).fill("It does.");
  await last.getByRole("textbox", { name: "Message" }).press("Control+Enter");
  await expect(last.getByRole("region", { name: "Messages" })).toContainText("✓✓ delivered");
});

test("when the tab with the stream closes, another one takes over at once", async ({ page, context, desk }) => {
  await desk.signIn(context, "bo");
  await page.goto("/");
  await expect(page.getByText("live", { exact: true })).toBeVisible();
  const others = [await context.newPage(), await context.newPage()];
  const opened = streams(others);
  for (const tab of others) {
    await tab.goto(desk.url);
    await expect(tab.getByText("live", { exact: true })).toBeVisible();
  }
  expect(opened.count).toBe(0);

  await page.close();
  await expect.poll(() => opened.count).toBe(1);
  const customer = desk.customer("Support");
  await customer.text("Still there?");
  for (const tab of others) await expect(tab.getByRole("row").filter({ hasText: customer.shown })).toBeVisible();
});

test("a tab with the stream that is frozen loses it to one that is seen", async ({ page, context, desk }) => {
  await desk.signIn(context, "bo");
  await page.goto("/");
  await expect(page.getByText("live", { exact: true })).toBeVisible();
  const session = await context.newCDPSession(page);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });

  const other = await context.newPage();
  await other.goto(desk.url);
  await expect(other.getByText("live", { exact: true })).toBeVisible({ timeout: 15_000 });
  const customer = desk.customer("Support");
  await customer.text("Is anybody awake?");
  await expect(other.getByRole("row").filter({ hasText: customer.shown })).toBeVisible();
  await session.send("Page.setWebLifecycleState", { state: "active" });
});

test("signing out in one tab leads all of them to the sign-in page", async ({ page, context, desk, problems }) => {
  problems.expect(401, "/api/v1/");
  await desk.signIn(context, "bo");
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await tab.goto(desk.url);
    await expect(tab.getByText("live", { exact: true })).toBeVisible();
  }
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  for (const tab of [page, other]) await expect(tab.getByRole("heading", { name: "Sign in" })).toBeVisible();
});
