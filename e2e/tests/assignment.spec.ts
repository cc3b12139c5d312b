// Who has a conversation: two agents in two browsers take, give and release it, and N gives them different ones.

import type { Locator, Page } from "@playwright/test";

import { expectAccessible } from "../fixtures/axe.ts";
import { ConversationPage, openNewConversation } from "../fixtures/conversation.ts";
import { rows } from "../fixtures/lists.ts";
import { expectLive } from "../fixtures/network.ts";
import { SignInPage } from "../fixtures/sign-in.ts";
import { expect, test } from "../fixtures/test.ts";

function button(page: Page, name: string): Locator {
  return page.getByRole("button", { name, exact: true });
}

/** The mark in a row of the queue that names who has the conversation. */
function holder(row: Locator): Locator {
  return row.getByRole("img", { name: /^Assigned to/ });
}

test("an agent takes and releases a conversation, and a colleague's queue shows the initials at once", async ({
  page,
  otherPage,
  server,
}) => {
  const { customer } = await openNewConversation(page, server);
  await server.openAs(otherPage, "bo", "/");
  await expectLive(otherPage);
  const row = rows(otherPage).filter({ hasText: customer.displayNumber });
  await expect(row).toBeVisible();
  await expect(holder(row)).toBeHidden();

  await button(page, "Take").click();
  await expect(page.getByText("Assigned to you")).toBeVisible();
  await expect(button(page, "Give")).toBeFocused();
  await expect(holder(row)).toHaveAttribute("data-initials", "A");
  await expect(holder(row)).toHaveAttribute("title", "Assigned to Ann");

  await button(page, "Release").click();
  await expect(button(page, "Take")).toBeFocused();
  await expect(page.getByText("Assigned to you")).toBeHidden();
  await expect(holder(row)).toBeHidden();
});

test("an agent gives a conversation with a note, which the colleague sees until they reply", async ({
  page,
  otherPage,
  server,
}) => {
  const { id } = await openNewConversation(page, server);
  await button(page, "Take").click();
  await button(page, "Give").click();
  const dialog = page.getByRole("dialog", { name: "Give conversation" });
  await dialog.getByRole("button", { name: "Give", exact: true }).click();
  await expect(dialog.getByText("Choose a colleague.")).toBeVisible();
  await expectAccessible(page);
  await expect(dialog.getByRole("option", { name: "Bo" })).toHaveCount(1);
  await expect(dialog.getByRole("option", { name: "Ann" })).toHaveCount(0);
  await dialog.getByLabel("Colleague").selectOption("Bo");
  await dialog.getByLabel("Note (optional)").fill("She asked for you.");
  await dialog.getByRole("button", { name: "Give", exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText("Assigned to Bo")).toBeVisible();
  await expect(page.getByText("You gave the conversation to Bo.")).toBeVisible();
  await expect(page.getByRole("note")).toHaveText("Note from Ann: She asked for you.");

  await server.openAs(otherPage, "bo", `/conversations/${id}`);
  const note = otherPage.getByRole("note");
  await expect(note).toHaveText("Note from Ann: She asked for you.");
  await expect(otherPage.getByText("Assigned to you")).toBeVisible();
  await expectAccessible(otherPage);
  await new ConversationPage(otherPage).reply("Bo here.");
  await expect(note).toBeHidden();
  await expect(page.getByRole("note")).toBeHidden();
});

test("a reply takes an unassigned conversation", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server);
  await expect(button(page, "Take")).toBeVisible();
  await conversation.reply("Friday is fine");
  await expect(page.getByText("Assigned to you")).toBeVisible();
});

test("a conversation that a colleague has taken meanwhile is not taken again", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/assignment");
  const { id } = await openNewConversation(page, server);
  const bo = await server.apiAs("bo");
  await page.route(
    "**/assignment",
    async (route) => {
      await bo.take(id);
      await route.continue();
    },
    { times: 1 },
  );
  await button(page, "Take").click();
  await expect(page.getByText("Bo has this conversation.")).toBeVisible();
  await expect(page.getByText("Assigned to Bo", { exact: true })).toBeVisible();
});

test("N gives two agents different conversations, and goes on when it is pressed again", async ({
  page,
  otherPage,
  server,
}) => {
  for (const body of ["First", "Second", "Third"]) await server.customer("Collections").send(body);
  await server.openAs(page, "ann", "/");
  await server.openAs(otherPage, "bo", "/");
  for (const agent of [page, otherPage]) {
    await expect(rows(agent).first()).toBeVisible();
    await agent.keyboard.press("n");
    await expect(agent.getByText("Assigned to you")).toBeVisible();
  }
  expect(new URL(page.url()).pathname).not.toBe(new URL(otherPage.url()).pathname);
  const first = page.url();
  await page.keyboard.press("n");
  await expect(page).not.toHaveURL(first);
  await expect(page.getByText("Assigned to you")).toBeVisible();
});

test("a section shows all, own or unassigned conversations, and keeps the choice while the tab is open", async ({
  page,
  server,
}) => {
  const [own, other] = [server.customer("Support"), server.customer("Support")];
  await own.send("Mine");
  await other.send("Unassigned");
  const bo = await server.apiAs("bo");
  await bo.take((await bo.conversation("Support", own.number)).id);
  await server.openAs(page, "bo", "/");
  const support = page.getByRole("region", { name: "Support", exact: true });
  const shown = async (customer: typeof own, visible: boolean) =>
    expect(rows(support).filter({ hasText: customer.displayNumber })).toBeVisible({ visible });
  const filter = (name: string) => support.getByRole("button", { name: new RegExp(`^${name} \\d+$`) });
  await expect(filter("All")).toHaveAttribute("aria-pressed", "true");
  await shown(own, true);
  await shown(other, true);

  await filter("Mine").click();
  await shown(own, true);
  await shown(other, false);
  await page.reload();
  await expect(filter("Mine")).toHaveAttribute("aria-pressed", "true");
  await shown(own, true);
  await shown(other, false);

  await filter("Unassigned").click();
  await shown(other, true);
  await shown(own, false);
  const before = Number((await filter("Unassigned").textContent())!.split(" ")[1]);
  await bo.take((await bo.conversation("Support", other.number)).id);
  await shown(other, false);
  await expect(filter("Unassigned")).toHaveText(`Unassigned ${before - 1}`);
  await expectAccessible(page);
});

test("the next account in the same tab starts without the filters of the last one", async ({ page, server }) => {
  await server.openAs(page, "ann", "/");
  const filter = (name: string) => page.getByRole("button", { name: new RegExp(`^${name} \\d+$`) }).first();
  await filter("Mine").click();
  await expect(filter("Mine")).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await new SignInPage(page).signIn("bo");
  await expect(filter("All")).toHaveAttribute("aria-pressed", "true");
});
