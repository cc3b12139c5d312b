// Measures the time from a key to the next frame, with 2,000 rows in the queue and 2,000 messages in a thread.

import type { Page } from "@playwright/test";

import { ConversationPage } from "../fixtures/conversation.ts";
import { rows } from "../fixtures/lists.ts";
import { expect, test } from "../fixtures/test.ts";
import { ConversationList } from "../fixtures/workspace.ts";

const LENGTH = 2_000;

/** Repeats items with other ids, numbered from `first`. */
function copies<T extends { id: number }>(items: T[], count: number, first: number): T[] {
  return Array.from({ length: count }, (_, n) => ({ ...items[n % items.length]!, id: first + n }));
}

/** Fills the first section of the queue, and the thread of every conversation, up to the length. */
async function lengthen(page: Page): Promise<void> {
  await page.route("**/api/v1/queue*", async (route) => {
    const response = await route.fetch();
    const queue = await response.json();
    const { items } = queue.sections[0];
    items.push(...copies<{ id: number }>(items, LENGTH - items.length, 1_000_000));
    await route.fulfill({ response, json: queue });
  });
  // The page asks for the newest messages, then for pages of 200 before the oldest one.
  await page.route("**/api/v1/conversations/*/messages?*", async (route) => {
    const url = new URL(route.request().url());
    const before = Number(url.searchParams.get("before") ?? LENGTH + 1);
    url.searchParams.delete("before");
    const response = await route.fetch({ url: url.href });
    const { items } = await response.json();
    const count = Math.min(Number(url.searchParams.get("limit")), before - 1);
    const first = before - count;
    const json = { items: copies<{ id: number }>(items, count, first), next_cursor: first > 1 ? "more" : null };
    await route.fulfill({ response, json });
  });
}

interface Input {
  /** From the event to the frame that shows its effect, in steps of 8 ms. It includes the wait for that frame. */
  duration: number;
  /** How long the app worked on it. */
  work: number;
}

/** Records slow inputs. */
async function recordInputs(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const inputs: { duration: number; work: number }[] = [];
    Object.assign(window, { inputs });
    new PerformanceObserver((list) => {
      for (const { name, duration, processingStart, processingEnd } of list.getEntries() as PerformanceEventTiming[]) {
        if (/^(key|pointer|click|input)/.test(name)) inputs.push({ duration, work: processingEnd - processingStart });
      }
    }).observe({ type: "event", durationThreshold: 16, buffered: true } as PerformanceObserverInit);
  });
}

/** The durations of the slow inputs since the last call, longest first. */
async function slowInputs(page: Page): Promise<Input[]> {
  // An entry is reported after the frame that it measures.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  const inputs = await page.evaluate(() => (window as unknown as { inputs: Input[] }).inputs.splice(0));
  return inputs.sort((a, b) => b.duration - a.duration);
}

test("keys in long lists", async ({ page, server }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await recordInputs(page);
  await lengthen(page);
  await server.openAs(page, "cy", "/");
  await expect(rows(page)).toHaveCount(LENGTH, { timeout: 20_000 });
  const figures: Record<string, Input[]> = {};
  const measure = async (name: string, act: () => Promise<void>) => {
    await slowInputs(page);
    await test.step(name, act);
    figures[name] = await slowInputs(page);
  };

  await measure("J in the table", async () => {
    for (let n = 0; n < 10; n += 1) await page.keyboard.press("j");
  });
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox")).toBeFocused();
  await measure("typing in the palette", () => page.keyboard.type("07700 900", { delay: 30 }));
  await page.keyboard.press("Escape");

  await page.getByRole("link", { name: /^Open conversation/ }).first().click();
  const conversation = new ConversationPage(page);
  await expect(conversation.box).toBeVisible({ timeout: 20_000 });
  await expect(new ConversationList(page).links).toHaveCount(LENGTH, { timeout: 20_000 });
  const earlier = page.getByRole("button", { name: "Earlier messages" });
  for (let loaded = 50; loaded < LENGTH; loaded += 200) {
    await earlier.click();
    await expect(conversation.messages.getByRole("listitem")).toHaveCount(Math.min(loaded + 200, LENGTH), {
      timeout: 20_000,
    });
  }
  await conversation.box.click();
  await measure("typing a reply", () => page.keyboard.type("Thank you for your message, we look into it.", { delay: 20 }));
  await page.keyboard.press("Escape");
  await measure("leaving the thread", () => page.keyboard.press("j"));
  await expect(conversation.messages.getByRole("listitem")).toHaveCount(50);
  await measure("J in the workspace", async () => {
    for (let n = 0; n < 3; n += 1) await page.keyboard.press("j");
  });
  await page.unrouteAll({ behavior: "ignoreErrors" });
  for (const [name, inputs] of Object.entries(figures)) {
    const median = inputs[Math.floor(inputs.length / 2)]?.duration ?? 0;
    const work = Math.max(0, ...inputs.map((input) => input.work));
    console.log(`${name}: longest ${inputs[0]?.duration ?? 0} ms, median ${median} ms; the app's work at most ${work.toFixed(1)} ms`);
  }
});
