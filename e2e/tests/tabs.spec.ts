// Many tabs of one browser. They share one event stream, because HTTP/1.1 browsers open at most six connections to a
// server.

import type { Page } from "@playwright/test";

import { ConversationPage } from "../fixtures/conversation.ts";
import { expectLive, requestsTo } from "../fixtures/network.ts";
import { SignInPage } from "../fixtures/sign-in.ts";
import { expect, test } from "../fixtures/test.ts";

/** Counts the event streams that these pages open from now on. */
function countStreams(pages: Page[]): () => number {
  const requests = pages.map((page) => requestsTo(page, "GET", "/api/v1/events"));
  return () => requests.flat().length;
}

test("twelve tabs share one event stream, show new rows live, and can still send requests", async ({
  page,
  context,
  server,
}) => {
  test.setTimeout(90_000);
  await server.signIn(page, "bo");
  const pages = [page, ...(await Promise.all(Array.from({ length: 11 }, () => context.newPage())))];
  const streams = countStreams(pages);
  for (const tab of pages) await tab.goto(server.url);
  for (const tab of pages) await expectLive(tab);
  expect(streams()).toBe(1);

  const customer = server.customer("Support");
  await customer.send("Does every tab have this?");
  for (const tab of pages) await expect(tab.getByRole("row").filter({ hasText: customer.displayNumber })).toBeVisible();

  const { id } = await (await server.apiAs("bo")).conversation("Support", customer.number);
  const last = pages.at(-1)!;
  await last.goto(`${server.url}/conversations/${id}`);
  const conversation = new ConversationPage(last);
  // A reply is held until its author has seen the message.
  await expect(conversation.messages).toContainText("Does every tab have this?");
  await conversation.box.fill("It does.");
  await conversation.box.press("Control+Enter");
  await expect(conversation.messages).toContainText("✓✓ delivered");
});

test("when the tab with the event stream closes, another one takes over at once", async ({ page, context, server }) => {
  await server.openAs(page, "bo", "/");
  await expectLive(page);
  const others = [await context.newPage(), await context.newPage()];
  const streams = countStreams(others);
  for (const tab of others) {
    await tab.goto(server.url);
    await expectLive(tab);
  }
  expect(streams()).toBe(0);

  await page.close();
  await expect.poll(streams).toBe(1);
  const customer = server.customer("Support");
  await customer.send("Still there?");
  for (const tab of others)
    await expect(tab.getByRole("row").filter({ hasText: customer.displayNumber })).toBeVisible();
});

test("a visible tab takes the event stream over from a frozen one", async ({ page, context, server }) => {
  await server.openAs(page, "bo", "/");
  await expectLive(page);
  const session = await context.newCDPSession(page);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });

  const other = await context.newPage();
  await other.goto(server.url);
  await expectLive(other, 15_000);
  const customer = server.customer("Support");
  await customer.send("Is anybody awake?");
  await expect(other.getByRole("row").filter({ hasText: customer.displayNumber })).toBeVisible();
  await session.send("Page.setWebLifecycleState", { state: "active" });
});

test("signing out in one tab leads all of them to the sign-in page", async ({
  page,
  context,
  server,
  browserErrors,
}) => {
  browserErrors.expect(401, "/api/v1/");
  await server.signIn(page, "bo");
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await tab.goto(server.url);
    await expectLive(tab);
  }
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  for (const tab of [page, other]) await expect(new SignInPage(tab).heading).toBeVisible();
});
