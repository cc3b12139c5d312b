// Ad-hoc messages: from the button to the customer's reply, which puts the conversation into the queue.

import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { ConversationPage } from "../fixtures/conversation.ts";
import { Handset } from "../fixtures/handset.ts";
import { expect, test } from "../fixtures/test.ts";

/** A customer in Support's daily file who has not sent a message, and has no value for Appointment. */
const CALLUM = { number: "+447700900363", displayNumber: "+44 7700 900363", ref: "S-10378", name: "Callum Reid" };

test("an account with the ad-hoc permission sees a button for each team beside the search link", async ({
  page,
  server,
}) => {
  await server.openAs(page, "supervisor", "/");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support"]);
  await expect(page.getByRole("button", { name: /^Ad-hoc/ })).toHaveText(["Ad-hoc: Collections", "Ad-hoc: Support"]);
  await expect(page.getByRole("main").getByRole("link", { name: "Search", exact: true })).toBeVisible();
});

test("an account in one team sees one ad-hoc button and one section", async ({ page, server }) => {
  await server.openAs(page, "cy", "/");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Claims"]);
  await expect(page.getByRole("button", { name: /^Ad-hoc/ })).toHaveText(["Ad-hoc: Claims"]);
});

test("without the search and ad-hoc permissions there is no link or button, and / does nothing", async ({
  page,
  server,
}) => {
  await server.openAs(page, "ann", "/");
  await expect(page.getByRole("region", { name: "Collections" }).getByRole("row").nth(1)).toBeVisible();
  await expect(page.getByRole("link", { name: "Search", exact: true })).toBeHidden();
  await expect(page.getByRole("button", { name: /^Ad-hoc/ })).toBeHidden();
  await page.keyboard.press("/");
  // The list of shortcuts opens only after the previous key has been handled.
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard" });
  await expect(help.getByRole("row", { name: "J Next row" })).toBeVisible();
  await expect(help.getByRole("row", { name: "/ Search" })).toBeHidden();
  await expect(page).toHaveURL("/");
});

test("an ad-hoc message reaches the customer, and the reply puts the conversation into the queue", async ({
  page,
  context,
  server,
}) => {
  const customer = server.customer("Support", CALLUM.number);
  const row = page.getByRole("region", { name: "Support" }).getByRole("row", { name: CALLUM.ref });
  const adHoc = await AdHocDialog.openAs(page, server, "supervisor", "Support");

  await test.step("the dialog checks the number while it is typed, then shows its customer", async () => {
    await adHoc.number.pressSequentially("07700");
    await expect(adHoc.dialog.getByText("Too short for a UK number.")).toBeVisible();
    await adHoc.number.pressSequentially(" 900363");
    await expect(adHoc.dialog.getByText(`${CALLUM.displayNumber} · ${CALLUM.name} (${CALLUM.ref})`)).toBeVisible();
  });

  await test.step("the dialog asks for template values that the customer's data lacks", async () => {
    await adHoc.template.selectOption("Engineer visit");
    await expect(adHoc.message).toHaveValue(/^Hello Callum Reid, your engineer comes on {{Appointment}}\./);
    await adHoc.send.click();
    await expect(adHoc.dialog.getByText("Not sent. Fill in first: {{Appointment}}")).toBeVisible();
    expect(await customer.receivedMessages()).toEqual([]);
    await adHoc.dialog.getByLabel("Fill in: Appointment").fill("Monday at 10:00");
    await expect(adHoc.message).toHaveValue(/^Hello Callum Reid, your engineer comes on Monday at 10:00\./);
  });

  const body = await adHoc.message.inputValue();
  await test.step("after sending, the dialog says what happens next, and the queue has no new row", async () => {
    await adHoc.send.click();
    await adHoc.expectSent(CALLUM.displayNumber);
    const outcome = adHoc.dialog.getByText("The conversation appears in the queue when they reply.");
    await expect(outcome).toBeFocused();
    await adHoc.dialog.getByRole("button", { name: "Close" }).last().click();
    await expect(adHoc.dialog).toBeHidden();
    await expect(row).toBeHidden();
  });

  await test.step("the customer's reply puts the conversation into the queue", async () => {
    const handset = await Handset.open(context, server);
    await handset.use(CALLUM.number, "Support");
    await expect(handset.bubble(body)).toContainText("Delivered");
    // New rows are held back while the pointer is over the list.
    await page.getByRole("heading", { level: 1 }).hover();
    await handset.send("Monday is fine");
    await expect(row.getByRole("cell")).toHaveText([
      CALLUM.ref,
      CALLUM.name,
      CALLUM.displayNumber,
      "just now",
      /^Agent/,
      /Open/,
    ]);
  });

  await test.step("the conversation page says that an outbound message started it", async () => {
    await row.getByRole("link", { name: /^Open conversation/ }).click();
    await expect(page.getByText(/^Started by an outbound message/)).toContainText("Support");
    const conversation = new ConversationPage(page);
    await expect(conversation.message(body)).toContainText("Sam Supervisor");
    await expect(conversation.messages.getByText("Monday is fine")).toBeVisible();
    await expect(page.getByText("Awaiting reply")).toBeHidden();
  });
});

test("a number is accepted in any usual format, and an invalid one is explained", async ({ page, server }) => {
  const adHoc = await AdHocDialog.openAs(page, server, "supervisor", "Support");
  for (const typed of ["07700900375", "(07700) 900-375", "+44 (0)7700 900 375", "00447700900375"]) {
    await adHoc.enterNumber(typed, "+44 7700 900375 · Samuel Wright (S-10446)");
    await adHoc.enterNumber("", "Any format, e.g. 07700 900123");
  }
  const invalid = {
    "07700 900": "Too short for a UK number.",
    "07700 900375 5": "Too long for a UK number.",
    "+999 1234567": "No country has this code.",
    "call me": "This is not a phone number. Any format is fine, e.g. 07700 900123 or +44 7700 900123.",
    "020 7946 0000 ext 12": "Leave out the extension: only the number itself can receive texts.",
    "07700 900001": "This is one of our own numbers",
  };
  for (const [typed, error] of Object.entries(invalid)) await adHoc.enterNumber(typed, error);
  await adHoc.message.fill("Hello");
  await adHoc.send.click();
  await expect(adHoc.number).toBeFocused();
  await expect(adHoc.number).toHaveAttribute("aria-invalid", "true");
  await expect(adHoc.dialog.getByRole("alert").filter({ hasText: "This is one of our own numbers" })).toBeVisible();
});

test("an agent of a team with two numbers can choose which one to send from", async ({ page, server }) => {
  const customer = server.customer("Claims");
  const adHoc = await AdHocDialog.openAs(page, server, "cy", "Claims");
  await expect(adHoc.from.locator("option")).toHaveText(["+44 7700 900003", "+44 7700 900004"]);
  await adHoc.enterNumber(customer.number, customer.displayNumber);
  await adHoc.from.selectOption("+44 7700 900004");
  await adHoc.message.fill("Your claim is settled");
  await adHoc.send.click();
  await adHoc.expectSent(customer.displayNumber);
  await expect
    .poll(() => customer.receivedMessages())
    .toMatchObject([{ from: "+447700900004", body: "Your claim is settled" }]);
});

test("the dialog links to the number's conversation in progress", async ({ page, server }) => {
  const [open] = await (await server.apiAs("cy")).queue("Claims");
  const adHoc = await AdHocDialog.openAs(page, server, "cy", "Claims");
  await adHoc.number.fill(open!.number);
  await expect(adHoc.dialog.getByText("A conversation with this number is in progress. Reply there.")).toBeVisible();
  await expect(adHoc.send).toHaveAttribute("aria-disabled", "true");
  await adHoc.dialog.getByRole("link", { name: "Open the conversation" }).click();
  await expect(page).toHaveURL(`/conversations/${open!.id}`);
  await expect(new ConversationPage(page).box).toBeVisible();
});

test("a new number fills an unedited template in again, and shows a warning beside an edited one", async ({
  page,
  server,
}) => {
  const adHoc = await AdHocDialog.openAs(page, server, "supervisor", "Support");
  await adHoc.enterNumber("07700 900363", "Callum Reid");
  await adHoc.template.selectOption("Greeting");
  await expect(adHoc.message).toHaveValue(/^Hello Callum Reid, this is Sam Supervisor from Support\./);
  await adHoc.enterNumber("07700 900375", "Samuel Wright");
  await expect(adHoc.message).toHaveValue(/^Hello Samuel Wright,/);
  const edited = `${await adHoc.message.inputValue()} Bye`;
  await adHoc.message.fill(edited);
  await adHoc.enterNumber("07700 900363", "Callum Reid");
  await expect(adHoc.dialog.getByText("The template was filled in for another number.")).toBeVisible();
  await adHoc.dialog.getByRole("button", { name: "Fill in again" }).click();
  await expect(adHoc.message).toHaveValue(/^Hello Callum Reid,/);
  await adHoc.dialog.getByRole("button", { name: "Restore my text" }).click();
  await expect(adHoc.message).toHaveValue(edited);
});
