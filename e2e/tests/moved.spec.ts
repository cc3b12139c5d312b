// Messages that arrive at the moment of replying or closing: nothing is sent or closed unseen, and nothing typed is lost.

import type { Page, Route } from "@playwright/test";

import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

const MESSAGES = "**/api/v1/conversations/*/messages";
const CLOSURE = "**/api/v1/conversations/*/closure";

/** Does something at the moment at which the next request to `path` is on its way. */
async function justBefore(page: Page, path: string, act: () => Promise<void>): Promise<void> {
  let acted = false;
  // The route stays: to take it away would let the request pass before `act` is done.
  await page.route(path, async (route: Route) => {
    if (route.request().method() === "POST" && !acted) {
      acted = true;
      await act();
    }
    await route.fallback();
  });
}

function closing(page: Page) {
  const section = page.getByRole("region", { name: "Close conversation" });
  return {
    section,
    reason: section.getByLabel("Reason"),
    note: section.getByLabel("Note"),
    close: section.getByRole("button", { name: "Close conversation" }),
    held: section.getByRole("alert").filter({ hasText: "Not closed yet: new messages arrived." }),
  };
}

test("a message that arrives while closing holds the closure, and the agent may close anyway", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(409, "/closure");
  const [customer] = await texting({ page, context, desk });
  const { section, reason, note, close, held } = closing(page);
  await reason.selectOption("Payment arranged");
  await note.fill("Pays on Friday");
  await justBefore(page, CLOSURE, () => customer.text("One more thing"));
  await close.click();
  await expect(held.getByRole("listitem")).toHaveText(["Customer: One more thing"]);
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("One more thing");
  await expect(note).toHaveValue("Pays on Friday");
  await expect(reason).toHaveValue(/\d+/);
  await section.getByRole("button", { name: "Close anyway" }).click();
  await expect(page.getByText(/^Closed by Ann on .* · Payment arranged · Pays on Friday$/)).toBeVisible();
});

test("a held closure can be left open, and the note stays", async ({ page, context, desk, problems }) => {
  problems.expect(409, "/closure");
  const [, id] = await texting({ page, context, desk });
  const bo = await desk.agent("bo");
  const { section, reason, note, close, held } = closing(page);
  await reason.selectOption("Payment arranged");
  await note.fill("Pays on Friday");
  await justBefore(page, CLOSURE, () => bo.reply(id, "I am on it"));
  await close.click();
  await expect(held.getByRole("listitem")).toHaveText(["Bo: I am on it"]);
  await section.getByRole("button", { name: "Keep open" }).click();
  await expect(held).toBeHidden();
  await expect(note).toHaveValue("Pays on Friday");
  await expect(note).toBeFocused();
  await expect(page.getByRole("textbox", { name: "Message" })).toBeVisible();
});

test("a colleague's reply holds a reply that was written meanwhile, and the text stays", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(409, "/messages");
  const [customer, id] = await texting({ page, context, desk });
  const bo = await desk.agent("bo");
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill("Friday is fine");
  await justBefore(page, MESSAGES, () => bo.reply(id, "Yes, Friday is fine"));
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const held = page.getByRole("alert").filter({ hasText: "Not sent yet: new messages arrived" });
  await expect(held.getByRole("listitem")).toHaveText(["Bo: Yes, Friday is fine"]);
  await expect(box).toHaveValue("Friday is fine");
  await held.getByRole("button", { name: "Send anyway" }).click();
  await expect(held).toBeHidden();
  await expect(box).toHaveValue("");
  await expect
    .poll(async () => (await customer.received()).map((text) => text.body))
    .toEqual(["Yes, Friday is fine", "Friday is fine"]);
});

test("a message that sounds like an opt-out offers to opt out by one click", async ({ page, context, desk }) => {
  await texting({ page, context, desk }, "please stop texting me");
  await expect(page.getByText("The customer may have asked for no more messages.")).toBeVisible();
  await page.getByRole("button", { name: "Opt out", exact: true }).click();
  await expect(page.getByText("You cannot send them messages.")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Message" })).toBeHidden();
});

test("a possible opt-out is dismissed by one click", async ({ page, context, desk }) => {
  await texting({ page, context, desk }, "leave me alone");
  const flag = page.getByText("The customer may have asked for no more messages.");
  await expect(flag).toBeVisible();
  await page.getByRole("button", { name: "Dismiss", exact: true }).click();
  await expect(flag).toBeHidden();
  await expect(page.getByRole("textbox", { name: "Message" })).toBeVisible();
});
