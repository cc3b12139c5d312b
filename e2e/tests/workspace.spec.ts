// The workspace: from 1280 px on, the queue stays beside the open conversation.

import type { Page } from "@playwright/test";

import { expectAccessible } from "../fixtures/axe.ts";
import { ConversationPage, openNewConversation } from "../fixtures/conversation.ts";
import { fillQueue, rows } from "../fixtures/lists.ts";
import { expectLive, requestsTo } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";
import { ConversationList } from "../fixtures/workspace.ts";

test.beforeEach(({ page }) => page.setViewportSize({ width: 1440, height: 900 }));

/** Opens the first conversation of the queue by its row. */
async function openFirst(page: Page): Promise<ConversationList> {
  await rows(page).first().getByRole("link", { name: /^Open conversation/ }).click();
  await expect(new ConversationPage(page).box).toBeVisible();
  const list = new ConversationList(page);
  await expect(list.current).toBeVisible();
  return list;
}

test("opening another conversation keeps the list, its place and its rows", async ({ page, freshServer }) => {
  await fillQueue(freshServer, 40);
  await freshServer.openAs(page, "cy", "/");
  await expectLive(page);
  const list = await openFirst(page);
  await expect(list.links).toHaveCount(40);
  await list.region.evaluate((region) => region.setAttribute("data-marked", ""));
  const queries = requestsTo(page, "GET", "/api/v1/queue");

  const link = list.links.nth(30);
  await link.scrollIntoViewIfNeeded();
  const place = await list.scrollTop();
  expect(place).toBeGreaterThan(300);
  await link.click();
  await expect(page).toHaveURL(freshServer.url + (await link.getAttribute("href")));
  await expect(link).toHaveAttribute("aria-current", "page");
  await expect(list.current).toHaveCount(1);
  await expect(new ConversationPage(page).messages).toContainText("Any news?");
  expect(await list.scrollTop()).toBe(place);
  await expect(list.region).toHaveAttribute("data-marked");
  expect(queries).toEqual([]);
});

test("J and K open the next and the previous conversation of the list, and the focus is on its heading", async ({
  page,
  server,
}) => {
  await server.openAs(page, "bo", "/");
  const list = await openFirst(page);
  const paths = await list.paths();
  const heading = page.getByRole("heading", { level: 1 });
  await page.keyboard.press("j");
  await expect(page).toHaveURL(paths[1]!);
  await expect(heading).toBeFocused();
  await page.keyboard.press("j");
  await expect(page).toHaveURL(paths[2]!);
  await expect(heading).toBeFocused();
  await page.keyboard.press("k");
  await expect(page).toHaveURL(paths[1]!);
  await page.keyboard.press("k");
  await expect(page).toHaveURL(paths[0]!);
  // The list ends here.
  await page.keyboard.press("k");
  await expect(page).toHaveURL(paths[0]!);
  await expect(list.current).toHaveAttribute("href", paths[0]!);
});

test("J shows a row that was out of sight", async ({ page, freshServer }) => {
  await fillQueue(freshServer, 40);
  await freshServer.openAs(page, "cy", "/");
  const list = await openFirst(page);
  const paths = await list.paths();
  for (const path of paths.slice(1, 20)) {
    await page.keyboard.press("j");
    await expect(page).toHaveURL(freshServer.url + path);
  }
  await expect(list.current).toBeInViewport({ ratio: 1 });
  expect(await list.scrollTop()).toBeGreaterThan(0);
});

test("the next conversation is fetched before J opens it, and not again", async ({ page, freshServer }) => {
  await freshServer.openAs(page, "bo", "/");
  await expectLive(page);
  const second = rows(page).nth(1).getByRole("link", { name: /^Open conversation/ });
  const next = (await second.getAttribute("href"))!;
  const requests = requestsTo(page, "GET", `/api/v1${next}`);
  const fetched = page.waitForResponse(`**/api/v1${next}/history?*`);
  await openFirst(page);
  await (await fetched).finished();
  await page.keyboard.press("j");
  await expect(page).toHaveURL(freshServer.url + next);
  await expect(new ConversationPage(page).box).toBeVisible();
  expect(requests).toHaveLength(1);
});

test("J into a conversation with a history shows the earlier conversation and its bar", async ({
  page,
  freshServer,
}) => {
  const [first, second] = [freshServer.customer("Claims"), freshServer.customer("Claims")];
  const cy = await freshServer.apiAs("cy");
  await second.send("My car was stolen");
  for (const { id } of await cy.queue("Claims")) await cy.close(id);
  await first.send("I am first");
  await second.send("I am second");
  const { id } = await cy.conversation("Claims", second.number);
  await freshServer.openAs(page, "cy", "/");
  await expectLive(page);
  const requests = requestsTo(page, "GET", `/api/v1/conversations/${id}/history`);
  const fetched = page.waitForResponse(`**/api/v1/conversations/${id}/history?*`);
  await openFirst(page);
  await (await fetched).finished();
  await page.keyboard.press("j");
  await expect(page).toHaveURL(`${freshServer.url}/conversations/${id}`);
  const { messages } = new ConversationPage(page);
  await expect(messages.getByRole("listitem")).toContainText(["My car was stolen", "I am second"]);
  await expect(messages.getByRole("link", { name: /^Closed \d+ \w+ · No further reply · by Cy$/ })).toBeVisible();
  expect(requests).toHaveLength(1);
});

test("the list has the filters of the queue, and says why it shows no conversation", async ({ page, freshServer }) => {
  const cy = await freshServer.apiAs("cy");
  for (const { id, assigned_to } of await cy.queue("Claims")) if (assigned_to?.name === "Cy") await cy.close(id);
  await freshServer.openAs(page, "cy", "/");
  const list = await openFirst(page);
  await list.region.getByRole("button", { name: /^Mine \d+$/ }).click();
  await expect(list.region.getByText("No conversations are assigned to you here.")).toBeVisible();
  await expect(list.region.getByText("No conversations in progress")).toBeHidden();
  await expect(list.links).toHaveCount(0);
  await list.region.getByRole("button", { name: /^All \d+$/ }).click();
  await expect(list.current).toBeVisible();
});

test("a message that arrives after a conversation was fetched is shown when it is opened", async ({
  page,
  freshServer,
}) => {
  const [first, second] = [freshServer.customer("Claims"), freshServer.customer("Claims")];
  const cy = await freshServer.apiAs("cy");
  for (const { id } of await cy.queue("Claims")) await cy.close(id);
  await first.send("I am first");
  await second.send("I am second");
  await freshServer.openAs(page, "cy", "/");
  await expectLive(page);
  const next = rows(page).nth(1).getByRole("link", { name: /^Open conversation/ });
  const fetched = page.waitForResponse(`**/api/v1${await next.getAttribute("href")}/messages?*`);
  const list = await openFirst(page);
  await fetched;
  await second.send("One more thing");
  await expect(list.links.nth(1)).toContainText("2 new");
  await list.links.nth(1).click();
  await expect(new ConversationPage(page).messages).toContainText("One more thing");
});

test("below 1280 px a conversation is a page of its own", async ({ page, server }) => {
  await server.openAs(page, "bo", "/");
  const list = await openFirst(page);
  await page.setViewportSize({ width: 1279, height: 900 });
  await expect(list.region).toBeHidden();
  await expect(new ConversationPage(page).box).toBeVisible();
  await page.setViewportSize({ width: 1280, height: 900 });
  await expect(list.current).toBeVisible();
  await page.goto("/");
  await expect(rows(page).first()).toBeVisible();
  await expect(list.region).toBeHidden();
});

test("new rows of the list are held while the pointer is on it, until R is pressed", async ({ page, server }) => {
  await server.openAs(page, "bo", "/");
  await expectLive(page);
  const list = await openFirst(page);
  await list.links.nth(2).hover();
  const customer = server.customer("Support");
  await customer.send("Anybody there?");
  await expect(list.region.getByRole("button", { name: "1 new" })).toBeVisible();
  await expect(list.links.filter({ hasText: customer.displayNumber })).toBeHidden();
  await page.keyboard.press("r");
  await expect(list.links.filter({ hasText: customer.displayNumber })).toHaveCount(1);
});

test("a conversation that a colleague answers goes to the customer's part of the list", async ({ page, server }) => {
  const { customer, id, conversation } = await openNewConversation(page, server);
  const list = new ConversationList(page);
  await expect(list.current).toContainText(customer.displayNumber);
  await expect(list.current).toContainText("waiting under 1 min");
  await page.getByRole("heading", { level: 1 }).hover();
  await (await server.apiAs("bo")).reply(id, "Friday is fine");
  await expect(conversation.messages).toContainText("Friday is fine");
  await expect(list.current).toContainText("customer");
  await expect(list.current.getByRole("img", { name: "Assigned to Bo" })).toBeVisible();
});

test("nothing moves while a conversation and the list load, nor when the next one is opened", async ({
  page,
  server,
}) => {
  await page.addInitScript(() => {
    const shifts: string[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
        sources: { node?: Element }[];
      })[]) {
        // A waiting time that becomes wider when its minute ends moves only itself, by less than this.
        if (entry.hadRecentInput || entry.value < 0.00005) continue;
        const moved = entry.sources.map(({ node }) => `${node?.nodeName ?? "?"}.${node?.className ?? ""}`);
        shifts.push(`${entry.value.toFixed(4)} ${moved.join(", ")}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  const { conversation } = await openNewConversation(page, server);
  const list = new ConversationList(page);
  await expect(list.current).toBeVisible();
  await expect(conversation.reason).toBeVisible();
  await page.waitForLoadState("networkidle");
  await page.keyboard.press("k");
  await expect(conversation.box).toBeVisible();
  await expect(conversation.reason).toBeVisible();
  await page.waitForLoadState("networkidle");
  expect(await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts)).toEqual([]);
});

test("the workspace is accessible in both themes", async ({ page, server }) => {
  await server.openAs(page, "bo", "/");
  const list = await openFirst(page);
  await list.links.nth(3).hover();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await test.step(colorScheme, () => expectAccessible(page));
  }
});
