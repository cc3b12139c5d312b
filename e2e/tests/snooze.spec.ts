// Snoozing a conversation: the dialog and its key, the snoozed ones in the queue, and what ends a snooze.

import type { Locator, Page } from "@playwright/test";

import { expectAccessible } from "../fixtures/axe.ts";
import { openNewConversation } from "../fixtures/conversation.ts";
import { rows } from "../fixtures/lists.ts";
import { expectLive } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

// Not the zone of the teams, which is Europe/London.
test.use({ timezoneId: "America/New_York" });

const HOUR = 3_600_000;

function dialog(page: Page): Locator {
  return page.getByRole("dialog", { name: "Snooze conversation" });
}

/** The button of a section's filter, with its number. */
function filter(page: Page, name: string): Locator {
  return page
    .getByRole("region", { name: "Collections", exact: true })
    .getByRole("button", { name: new RegExp(`^${name} \\d+$`) });
}

test("an agent snoozes a conversation by keyboard, and it leaves the queue until the agent returns it", async ({
  page,
  otherPage,
  server,
}) => {
  const { customer, id } = await openNewConversation(page, server);
  await server.openAs(otherPage, "bo", "/");
  await expectLive(otherPage);
  const row = rows(otherPage).filter({ hasText: customer.displayNumber });
  await expect(row).toBeVisible();

  await page.keyboard.press("s");
  await expect(dialog(page).getByLabel("In 1 hour")).toBeFocused();
  await expectAccessible(page);
  await dialog(page).getByLabel("Tomorrow morning").check();
  await dialog(page).getByLabel("Why (optional)").fill("Pays on Friday.");
  await dialog(page).getByRole("button", { name: "Snooze" }).click();
  await expect(dialog(page)).toBeHidden();
  const banner = page.locator("[data-snoozed]");
  await expect(banner).toContainText(/Snoozed until .* 09:00 by Ann: Pays on Friday\./);
  await expectAccessible(page);

  await expect(row).toBeHidden();
  await filter(otherPage, "Snoozed").click();
  await expect(row).toContainText(/until \d+ \w+ 09:00/);
  await expectAccessible(otherPage);
  await filter(otherPage, "All").click();
  await expect(row).toBeHidden();

  await page.getByRole("button", { name: "Return to queue" }).click();
  await expect(banner).toBeEmpty();
  await expect(row).toBeVisible();
  expect((await (await server.apiAs("ann")).read(id)).snoozed_until).toBeNull();
});

test("an own time is one of the team's zone, and must be given", async ({ page, server, browserErrors }) => {
  browserErrors.expect(422, "/snooze");
  const { id } = await openNewConversation(page, server);
  await page.getByRole("button", { name: "Snooze", exact: true }).click();
  await dialog(page).getByLabel("Own time").check();
  await dialog(page).getByRole("button", { name: "Snooze" }).click();
  await expect(dialog(page).getByText("Choose a date and a time.")).toBeVisible();
  await expect(dialog(page).getByLabel("Date and time")).toBeFocused();
  await expectAccessible(page);

  const now = new Date();
  const summer = now.getUTCMonth() < 6 ? now.getUTCFullYear() : now.getUTCFullYear() + 1;
  await dialog(page).getByLabel("Date and time").fill(`${summer - 2}-07-01T10:00`);
  await dialog(page).getByRole("button", { name: "Snooze" }).click();
  await expect(dialog(page).getByText("Choose a time in the future.")).toBeVisible();
  await dialog(page).getByLabel("Date and time").fill(`${summer}-07-01T10:00`);
  await dialog(page).getByRole("button", { name: "Snooze" }).click();
  await expect(page.locator("[data-snoozed]")).toContainText("1 July");
  const { snoozed_until } = await (await server.apiAs("ann")).read(id);
  expect(snoozed_until, "10:00 in London's summer time").toBe(`${summer}-07-01T09:00:00Z`);
});

test("a snoozed conversation returns on time, and shows who snoozed it and why until the next reply", async ({
  page,
  server,
}) => {
  const { customer, id, conversation } = await openNewConversation(page, server);
  const bo = await server.apiAs("bo");
  await bo.snooze(id, new Date(Date.now() + 1000), "Waits for our letter.");
  const banner = page.locator("[data-snoozed]");
  await expect(banner).toContainText("Back from a snooze. Bo wrote: Waits for our letter.", { timeout: 20_000 });
  expect((await bo.conversation("Collections", customer.number)).id).toBe(id);
  await conversation.reply("The letter is on its way.");
  await expect(banner).toBeEmpty();
});

test("a message of the customer ends a snooze", async ({ page, server }) => {
  const { customer, id } = await openNewConversation(page, server);
  await (await server.apiAs("ann")).snooze(id, new Date(Date.now() + HOUR));
  const banner = page.locator("[data-snoozed]");
  await expect(banner).toContainText("Snoozed until");
  await customer.send("It is urgent");
  await expect(banner).toContainText("Back from a snooze. Ann had snoozed it.");
});

test("a conversation with unread messages is not snoozed until the agent has seen them", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/snooze");
  const { customer, id, conversation } = await openNewConversation(page, server);
  await page.route(
    "**/snooze",
    async (route) => {
      await customer.send("It is urgent");
      await route.continue();
    },
    { times: 1 },
  );
  await page.keyboard.press("s");
  const snooze = dialog(page).getByRole("button", { name: "Snooze" });
  await snooze.click();
  await expect(dialog(page).getByText("New messages have arrived.")).toBeVisible();
  expect((await (await server.apiAs("ann")).read(id)).snoozed_until).toBeNull();
  await expect(conversation.message("It is urgent")).toBeVisible();
  await snooze.click();
  await expect(dialog(page)).toBeHidden();
  await expect(page.locator("[data-snoozed]")).toContainText("Snoozed until");
});
