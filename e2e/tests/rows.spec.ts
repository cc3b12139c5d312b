// Rows of conversations: a reference is a link, a whole row leads to its conversation, Back leads to the same place, and
// what was shown stays.

import type { Locator, Page } from "@playwright/test";

import type { Desk } from "../fixtures/desk.ts";
import { expect, test } from "../fixtures/test.ts";

function rows(within: Page | Locator): Locator {
  return within.locator("tbody").getByRole("row");
}

/** Fills a team's queue up to so many conversations. */
async function fill(desk: Desk, total: number): Promise<void> {
  const queue = await (await desk.agent("cy")).queue("Claims");
  for (let missing = total - queue.length; missing > 0; missing -= 1) await desk.customer("Claims").text("Any news?");
}

for (const [list, address] of [
  ["the queue", "/"],
  ["the closed conversations", "/closed"],
  ["what was found", "/search?q=A-1"],
] as const) {
  test(`in ${list} a reference is a link, and so is the whole row`, async ({ page, context, desk }) => {
    await desk.signIn(context, "bo");
    await page.goto(address);
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

    // In a tab of its own, with Ctrl as with the middle button.
    const tab = context.waitForEvent("page");
    await row.getByRole("cell").nth(2).click({ modifiers: ["ControlOrMeta"] });
    await (await tab).waitForURL(`**${target}`);
    await expect(page).toHaveURL(address);
    const another = context.waitForEvent("page");
    await row.getByRole("cell").nth(2).click({ button: "middle" });
    await (await another).waitForURL(`**${target}`);
  });
}

test("the keyboard meets one link in each row", async ({ page, context, desk }) => {
  await desk.signIn(context, "bo");
  await page.goto("/");
  const links = page.getByRole("link", { name: /^Open conversation/ });
  await links.first().focus();
  await page.keyboard.press("Tab");
  await expect(links.nth(1)).toBeFocused();
});

test("selecting a number in a row does not leave the page", async ({ page, context, desk }) => {
  await desk.signIn(context, "bo");
  await page.goto("/");
  const number = (await rows(page).first().getByRole("cell").nth(2).locator("span").boundingBox())!;
  await page.mouse.move(number.x + 1, number.y + number.height / 2);
  await page.mouse.down();
  await page.mouse.move(number.x + number.width - 1, number.y + number.height / 2, { steps: 4 });
  await page.mouse.up();
  expect(await page.evaluate(() => getSelection()?.toString())).toMatch(/\d{4} \d+/);
  await expect(page).toHaveURL("/");
});

test("Back leads to the same rows, the same place and the same row", async ({ page, context, untouchedDesk }) => {
  test.setTimeout(60_000);
  await fill(untouchedDesk, 70);
  await untouchedDesk.signIn(context, "cy");
  await page.goto(untouchedDesk.url);
  await page.getByRole("button", { name: "Show more of Claims" }).click();
  await expect(rows(page)).toHaveCount(70);
  const link = page.getByRole("link", { name: /^Open conversation/ }).nth(60);
  await link.scrollIntoViewIfNeeded();
  const place = await page.evaluate(() => window.scrollY);
  expect(place).toBeGreaterThan(500);
  await link.click();
  await expect(page.getByRole("textbox", { name: "Message" })).toBeVisible();

  await page.goBack();
  await expect(rows(page)).toHaveCount(70);
  await expect(link).toBeFocused();
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBeCloseTo(place, -1);
  // By the menu one begins at the top.
  await page.getByRole("link", { name: "Closed" }).click();
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  await expect(rows(page).first()).toBeVisible();
  expect(await page.evaluate(() => window.scrollY)).toBe(0);
});

test("rows that Show more has brought stay when the list is refreshed meanwhile", async ({
  page,
  context,
  untouchedDesk,
}) => {
  test.setTimeout(60_000);
  await fill(untouchedDesk, 60);
  await untouchedDesk.signIn(context, "cy");
  await page.goto(untouchedDesk.url);
  await expect(rows(page)).toHaveCount(50);
  // A refresh that was on its way before the click arrives after the rows.
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(
    "**/api/v1/queue",
    async (route) => {
      const answer = await route.fetch();
      await held;
      await route.fulfill({ response: answer });
    },
    { times: 1 },
  );
  const refresh = page.waitForRequest("**/api/v1/queue");
  const customer = untouchedDesk.customer("Claims");
  await customer.text("I am new");
  await refresh;
  await page.getByRole("button", { name: "Show more of Claims" }).click();
  await expect(rows(page)).toHaveCount(61);
  const arrived = page.waitForResponse("**/api/v1/queue");
  release();
  await (await arrived).finished();
  await expect(rows(page)).toHaveCount(61);
});

test("ages go by the server's clock", async ({ page, context, desk }) => {
  await desk.customer("Support").text("I have just written");
  await desk.signIn(context, "bo");
  // This computer's clock is five hours fast.
  await page.addInitScript(() => {
    const now = Date.now;
    Date.now = () => now() + 5 * 3600 * 1000;
  });
  await page.goto("/");
  await expect(rows(page).filter({ hasText: "waiting under 1 min" }).first()).toBeVisible();
});

test("a name from right to left reorders no number", async ({ page, context, desk }) => {
  const customer = desk.customer("Support");
  await customer.text("שלום");
  const named = (answer: string) => answer.replaceAll('"name":null', '"name":"דנה כהן 12"');
  await page.route("**/api/v1/conversations/*", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: named(await answer.text()) });
  });
  const { id } = await (await desk.agent("bo")).conversation("Support", customer.number);
  await desk.signIn(context, "bo");
  await page.goto(`/conversations/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`\u2068דנה כהן 12\u2069 · ${customer.shown}`);
  const bubble = page.getByRole("region", { name: "Messages" }).getByText("שלום");
  await expect(bubble).toHaveCSS("direction", "rtl");
});

for (const width of [360, 768, 1024, 1280, 1440]) {
  test(`the menu hides no entry at ${width} px, and names break only between words`, async ({
    page,
    context,
    desk,
  }) => {
    await page.setViewportSize({ width, height: 900 });
    await desk.signIn(context, "admin");
    await page.goto("/");
    await expect(rows(page).first()).toBeVisible();
    for (const entry of await page.getByRole("navigation", { name: "Main" }).getByRole("link").all()) {
      const box = (await entry.boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
    }
    for (const list of ["/", "/closed", "/search?q=A-1"]) {
      await page.goto(list);
      await expect(rows(page).first()).toBeVisible();
      expect(await brokenWords(page), list).toEqual([]);
    }
  });
}

/** The words of names that stand on two lines. */
function brokenWords(page: Page): Promise<string[]> {
  return page.locator("tbody bdi").evaluateAll((names) => {
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
  }).then((words) => words.filter(Boolean));
}
