// Notes (rule 18): what agents write to each other in a conversation, and the customer never receives.

import type { Page } from "@playwright/test";

import { openNewConversation } from "../fixtures/conversation.ts";
import { MESSAGES, beforeNextPost, expectLive } from "../fixtures/network.ts";
import { SignInPage } from "../fixtures/sign-in.ts";
import { expect, test } from "../fixtures/test.ts";

const noteBox = (page: Page) => page.getByRole("textbox", { name: "Note for the team" });
const addButton = (page: Page) => page.getByRole("button", { name: "Add note" });

test("a note is shown to colleagues at once, and the customer never receives it", async ({
  page,
  otherPage,
  server,
}) => {
  const { id, customer, conversation } = await openNewConversation(page, server);
  await server.openAs(otherPage, "bo", `/conversations/${id}`);

  await test.step("M leads to the box of a note, and Ctrl+Enter adds it", async () => {
    await page.getByRole("heading", { level: 1 }).focus();
    await page.keyboard.press("m");
    await expect(noteBox(page)).toBeFocused();
    await expect(conversation.box).toBeHidden();
    await expect(page.getByRole("button", { name: "Note", exact: true })).toHaveAttribute("aria-pressed", "true");
    await noteBox(page).fill("She waits for the letter.");
    await noteBox(page).press("Control+Enter");
    await expect(noteBox(page)).toHaveValue("");
    await expect(noteBox(page)).toBeFocused();
  });
  await test.step("both agents see it, with its author", async () => {
    for (const agent of [page, otherPage]) {
      const note = agent.getByRole("listitem").filter({ hasText: "She waits for the letter." });
      await expect(note).toContainText(/^.*Note · Ann \d\d:\d\d/);
      await expect(note).not.toContainText("sent");
    }
  });
  await test.step("a reply is not held by a note, and only the reply is sent", async () => {
    const replyBox = otherPage.getByRole("textbox", { name: "Message" });
    await replyBox.fill("Good morning");
    await replyBox.press("Control+Enter");
    await expect(otherPage.getByRole("listitem").filter({ hasText: "Good morning" })).toContainText("delivered");
    expect(await customer.receivedBodies()).toEqual(["Good morning"]);
  });
});

test("@ suggests colleagues, and a mentioned colleague gets a notice with a link", async ({
  page,
  otherPage,
  server,
}) => {
  const { id, customer } = await openNewConversation(page, server);
  await server.openAs(otherPage, "bo", "/closed");
  await expectLive(otherPage);

  await page.getByRole("button", { name: "Note", exact: true }).click();
  await noteBox(page).pressSequentially("Please call her, @b");
  const options = page.getByRole("listbox", { name: "Colleagues" }).getByRole("option");
  await expect(options).toHaveText(["Bo"]);
  await expect(noteBox(page)).toHaveAttribute("aria-activedescendant", (await options.getAttribute("id")) ?? "");
  await noteBox(page).press("Enter");
  await expect(noteBox(page)).toHaveValue("Please call her, @Bo ");
  await expect(options).toHaveCount(0);
  await noteBox(page).pressSequentially("today");

  const posted = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/notes"));
  await addButton(page).click();
  expect((await posted).postDataJSON()).toMatchObject({ body: "Please call her, @Bo today", mentions: [expect.any(Number)] });

  const notice = otherPage.getByRole("region", { name: "Notices" }).getByRole("link");
  await expect(notice).toHaveText(`Ann mentioned you: ${customer.displayNumber}`);
  await notice.click();
  await expect(otherPage).toHaveURL(`/conversations/${id}`);
  await expect(otherPage.getByRole("listitem").filter({ hasText: "@Bo today" })).toBeVisible();
  await expect(notice).toHaveCount(0);
});

test("what is typed right after choosing a colleague follows the name", async ({ page, server }) => {
  // Frames of a busy browser come late.
  await page.addInitScript(() => {
    window.requestAnimationFrame = (frame) => window.setTimeout(() => frame(performance.now()), 300);
  });
  await openNewConversation(page, server);
  await page.getByRole("button", { name: "Note", exact: true }).click();
  await noteBox(page).pressSequentially("Ask @b");
  await expect(page.getByRole("listbox", { name: "Colleagues" }).getByRole("option")).toHaveText(["Bo"]);
  await noteBox(page).press("Enter");
  await noteBox(page).pressSequentially("today", { delay: 100 });
  await expect(noteBox(page)).toHaveValue("Ask @Bo today");
});

test("signing out removes the notice of a mention", async ({ page, otherPage, server }) => {
  await openNewConversation(page, server);
  await server.openAs(otherPage, "bo", "/closed");
  await expectLive(otherPage);
  await page.getByRole("button", { name: "Note", exact: true }).click();
  await noteBox(page).fill("@Bo please call her");
  await addButton(page).click();
  const notice = otherPage.getByRole("region", { name: "Notices" }).getByRole("link");
  await expect(notice).toBeVisible();
  await otherPage.getByRole("button", { name: /^Account/ }).click();
  await otherPage.getByRole("button", { name: "Sign out" }).click();
  await expect(new SignInPage(otherPage).heading).toBeVisible();
  await expect(notice).toHaveCount(0);
});

test("a reply and a note have drafts of their own", async ({ page, server }) => {
  const { customer, conversation } = await openNewConversation(page, server);
  await conversation.box.fill("Friday is fine");
  await page.getByRole("button", { name: "Note", exact: true }).click();
  await expect(noteBox(page)).toHaveValue("");
  await noteBox(page).fill("Half a thought");
  await page.getByRole("button", { name: "Reply", exact: true }).click();
  await expect(conversation.box).toHaveValue("Friday is fine");
  await expect(conversation.box).toBeFocused();
  await page.reload();
  await expect(conversation.box).toHaveValue("Friday is fine");
  await page.getByRole("button", { name: "Note (draft)" }).click();
  await expect(noteBox(page)).toHaveValue("Half a thought");
  await noteBox(page).press("Control+Enter");
  await expect(conversation.message("Half a thought")).toContainText("Note");
  await page.getByRole("button", { name: "Reply", exact: true }).click();
  await expect(conversation.box).toHaveValue("Friday is fine");
  expect(await customer.receivedBodies()).toEqual([]);
});

test("a reply that is held while the agent writes a note is reported, and the focus stays in the note", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/messages");
  const { customer, conversation } = await openNewConversation(page, server);
  await beforeNextPost(page, MESSAGES, async () => {
    await page.getByRole("button", { name: "Note", exact: true }).click();
    await customer.send("Forget it, I have paid");
  });
  await conversation.reply("Friday is fine");
  await expect(page.getByText("Your reply was not sent.")).toBeVisible();
  // The focus stays, so that the note does not get into the reply.
  await expect(noteBox(page)).toBeFocused();
  await page.getByRole("button", { name: "Reply", exact: true }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Not sent yet" })).toBeVisible();
  await expect(conversation.box).toHaveValue("Friday is fine");
});

test("an empty note, and a note in a conversation that was just closed, say why they were not added", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/notes");
  const { id, conversation } = await openNewConversation(page, server);
  await page.getByRole("button", { name: "Note", exact: true }).click();
  await addButton(page).click();
  await expect(page.getByText("Enter a note.")).toBeVisible();
  await noteBox(page).fill("Too late");
  const bo = await server.apiAs("bo");
  await beforeNextPost(page, "**/notes", () => bo.close(id));
  await addButton(page).click();
  await expect(page.getByText(/^Closed by Bo/)).toBeVisible();
  await expect(conversation.messages.getByText("Too late")).toBeHidden();
  await expect(page.getByText("Note not added: Too late")).toBeVisible();
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByText("Note not added:")).toBeHidden();
});
