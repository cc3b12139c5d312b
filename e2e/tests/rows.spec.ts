// Rows of conversations in the queue, the closed list and the search results: links, Back, "Show more" and layout.

import type { BrowserContext, Page } from "@playwright/test";

import { ConversationPage } from "../fixtures/conversation.ts";
import { fillQueue, rows } from "../fixtures/lists.ts";
import { expectLive } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

for (const [list, path] of [
  ["the queue", "/"],
  ["the list of closed conversations", "/closed"],
  ["the search results", "/search?q=A-1"],
] as const) {
  test(`in ${list}, the ref and the whole row link to the conversation`, async ({ page, context, server }) => {
    await server.openAs(page, "bo", path);
    const row = rows(page)
      .filter({ has: page.getByRole("link", { name: /^A-\d+$/ }) })
      .first();
    const open = row.getByRole("link", { name: /^Open conversation/ });
    const target = (await open.getAttribute("href"))!;
    await expect(row.getByRole("link", { name: /^A-\d+$/ })).toHaveAttribute("href", target);

    await row.getByRole("link", { name: /^A-\d+$/ }).click();
    await expect(page).toHaveURL(target);
    await page.goBack();
    await row.getByRole("cell").nth(2).click();
    await expect(page).toHaveURL(target);
    await page.goBack();

    // Ctrl+click and the middle button open the conversation in a new tab.
    const tabs = await tabsAt(context, target);
    await row
      .getByRole("cell")
      .nth(2)
      .click({ modifiers: ["ControlOrMeta"] });
    await expect.poll(tabs).toBe(1);
    await expect(page).toHaveURL(path);
    await row.getByRole("cell").nth(2).click({ button: "middle" });
    await expect.poll(tabs).toBe(2);
  });
}

test("the Tab key stops at one link in each row", async ({ page, server }) => {
  await server.openAs(page, "bo", "/");
  const links = page.getByRole("link", { name: /^Open conversation/ });
  await links.first().focus();
  await page.keyboard.press("Tab");
  await expect(links.nth(1)).toBeFocused();
});

test("selecting a number in a row does not open the conversation", async ({ page, server }) => {
  await server.openAs(page, "bo", "/");
  const number = (await rows(page).first().getByRole("cell").nth(2).locator("span").boundingBox())!;
  await page.mouse.move(number.x + 1, number.y + number.height / 2);
  await page.mouse.down();
  await page.mouse.move(number.x + number.width - 1, number.y + number.height / 2, { steps: 4 });
  await page.mouse.up();
  expect(await page.evaluate(() => getSelection()?.toString())).toMatch(/\d{4} \d+/);
  await expect(page).toHaveURL("/");
});

test("Back restores the rows, the scroll position and the focused row", async ({ page, freshServer }) => {
  test.setTimeout(60_000);
  await fillQueue(freshServer, 70);
  await freshServer.openAs(page, "cy", "/");
  await page.getByRole("button", { name: "Show more of Claims" }).click();
  await expect(rows(page)).toHaveCount(70);
  const link = page.getByRole("link", { name: /^Open conversation/ }).nth(60);
  await link.scrollIntoViewIfNeeded();
  const scrollY = await page.evaluate(() => window.scrollY);
  expect(scrollY).toBeGreaterThan(500);
  await link.click();
  await expect(new ConversationPage(page).box).toBeVisible();

  await page.goBack();
  await expect(rows(page)).toHaveCount(70);
  await expect(link).toBeFocused();
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBeCloseTo(scrollY, -1);
  // A page opened from the menu starts at the top.
  await page.getByRole("link", { name: "Closed" }).click();
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  await expect(rows(page).first()).toBeVisible();
  expect(await page.evaluate(() => window.scrollY)).toBe(0);
});

test("rows added by Show more stay when an earlier refresh arrives after them", async ({ page, freshServer }) => {
  test.setTimeout(60_000);
  await fillQueue(freshServer, 60);
  await freshServer.openAs(page, "cy", "/");
  await expect(rows(page)).toHaveCount(50);
  // Otherwise the message could arrive before the event stream is open, and cause no refresh of its own.
  await expectLive(page);
  // The server answers the refresh before the click, but its response arrives after the added rows.
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(
    "**/api/v1/queue?*",
    async (route) => {
      const response = await route.fetch();
      await released;
      await route.fulfill({ response });
    },
    { times: 1 },
  );
  const refresh = page.waitForRequest("**/api/v1/queue?*");
  const customer = freshServer.customer("Claims");
  await customer.send("I am new");
  await refresh;
  await page.getByRole("button", { name: "Show more of Claims" }).click();
  await expect(rows(page)).toHaveCount(61);
  const response = page.waitForResponse("**/api/v1/queue?*");
  release();
  await (await response).finished();
  await expect(rows(page)).toHaveCount(61);
});

test("ages are calculated with the server's clock", async ({ page, server }) => {
  await server.customer("Support").send("I have just written");
  // The browser's clock is five hours fast.
  await page.addInitScript(() => {
    const now = Date.now;
    Date.now = () => now() + 5 * 3600 * 1000;
  });
  await server.openAs(page, "bo", "/");
  await expect(rows(page).filter({ hasText: "waiting under 1 min" }).first()).toBeVisible();
});

test("a right-to-left name does not reorder the number beside it", async ({ page, server }) => {
  const customer = server.customer("Support");
  await customer.send("שלום");
  const withName = (json: string) => json.replaceAll('"name":null', '"name":"דנה כהן 12"');
  const { id } = await (await server.apiAs("bo")).conversation("Support", customer.number);
  await page.route(`**/api/v1/conversations/${id}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: withName(await response.text()) });
  });
  await server.openAs(page, "bo", `/conversations/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(
    `\u2068דנה כהן 12\u2069 · ${customer.displayNumber}`,
  );
  const bubble = new ConversationPage(page).messages.getByText("שלום");
  await expect(bubble).toHaveCSS("direction", "rtl");
  await page.unrouteAll({ behavior: "wait" });
});

for (const width of [360, 768, 1024, 1280, 1440]) {
  test(`at ${width} px the menu shows every entry, and names break only between words`, async ({ page, server }) => {
    await page.setViewportSize({ width, height: 900 });
    await server.openAs(page, "admin", "/");
    await expect(rows(page).first()).toBeVisible();
    const headerHeight = (await page.getByRole("banner").boundingBox())!.height;
    expect(headerHeight, "one line on a wide screen").toBeLessThan(width >= 1280 ? 60 : 200);
    await page.getByRole("button", { name: "Settings" }).click();
    for (const entry of await page.getByRole("navigation", { name: "Main" }).getByRole("link").all()) {
      const box = (await entry.boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
    }
    await page.keyboard.press("Escape");
    for (const list of ["/", "/closed", "/search?q=A-1"]) {
      await page.goto(list);
      await expect(rows(page).first()).toBeVisible();
      expect(await brokenWords(page), list).toEqual([]);
    }
  });
}

/** Counts the tabs that show a path. Asks the browser, because Playwright can miss a new tab or its first navigation. */
async function tabsAt(context: BrowserContext, path: string): Promise<() => Promise<number>> {
  const browser = await context.browser()!.newBrowserCDPSession();
  return async () => {
    const { targetInfos } = await browser.send("Target.getTargets");
    return targetInfos.filter(({ type, url }) => type === "page" && url.endsWith(path)).length;
  };
}

/** The words of names that are broken across two lines. */
async function brokenWords(page: Page): Promise<string[]> {
  const words = await page.locator("tbody bdi").evaluateAll((names) => {
    const isBroken = (text: Node, from: number, to: number) => {
      const range = document.createRange();
      range.setStart(text, from);
      range.setEnd(text, to);
      return new Set([...range.getClientRects()].map((line) => Math.round(line.top))).size > 1;
    };
    return names.flatMap((name) => {
      const text = name.firstChild;
      const words = [...(text?.textContent ?? "").matchAll(/\S+/g)];
      return words.map(([word], n) => (isBroken(text!, words[n]!.index, words[n]!.index + word.length) ? word : ""));
    });
  });
  return words.filter(Boolean);
}
