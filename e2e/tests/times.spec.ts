// Times are those of the team's zone (Europe/London), whatever the zone of the browser.

import type { Page } from "@playwright/test";

import { openNewConversation } from "../fixtures/conversation.ts";
import { expect, test } from "../fixtures/test.ts";

test.use({ timezoneId: "Asia/Tokyo" });

/** Gives the messages with these texts other times. */
async function setTimes(page: Page, times: Record<string, string>): Promise<void> {
  await page.route(/\/conversations\/\d+\/messages(\?|$)/, async (route) => {
    if (route.request().method() !== "GET") return route.continue();
    // The test may end meanwhile.
    const response = await route.fetch().catch(() => null);
    const messages = await response?.json().catch(() => null);
    if (!response || !messages) return;
    for (const message of messages.items) message.created_at = times[message.body] ?? message.created_at;
    await route.fulfill({ response, json: messages }).catch(() => {});
  });
}

test("the thread begins a new day at the team's midnight", async ({ page, server }) => {
  const { customer, conversation } = await openNewConversation(page, server, { body: "Before midnight" });
  await customer.send("After midnight");
  await expect(conversation.message("After midnight")).toBeVisible();
  await setTimes(page, { "Before midnight": "2025-07-18T22:59:30Z", "After midnight": "2025-07-18T23:00:30Z" });
  await page.reload();
  await expect(conversation.messages).toContainText(
    /Friday 18 July 2025.*Before midnight.*Saturday 19 July 2025.*After midnight/s,
  );
  await expect(conversation.message("Before midnight")).toContainText("23:59");
  await expect(conversation.message("After midnight")).toContainText("00:00");
});

test("in the hour that happens twice, messages keep their order and say which hour it was", async ({ page, server }) => {
  const { customer, conversation } = await openNewConversation(page, server, { body: "In summer time" });
  await customer.send("An hour later");
  await expect(conversation.message("An hour later")).toBeVisible();
  await setTimes(page, { "In summer time": "2025-10-26T00:30:00Z", "An hour later": "2025-10-26T01:30:00Z" });
  await page.reload();
  const times = conversation.messages.locator("time[title*='01:30:00']");
  await expect(times).toHaveCount(2);
  await expect(times).toHaveText(["01:30", "01:30"]);
  await expect(times.nth(0)).toHaveAttribute("title", /Sunday 26 October 2025 at 01:30:00 BST/);
  await expect(times.nth(1)).toHaveAttribute("title", /Sunday 26 October 2025 at 01:30:00 GMT/);
  await expect(conversation.messages).toContainText(/In summer time.*An hour later/s);
});
