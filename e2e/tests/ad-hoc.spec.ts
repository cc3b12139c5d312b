// Ad-hoc messages: a text to any number, from the button to the reply that brings the conversation into the queue.

import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { Handset } from "../fixtures/handset.ts";
import { expect, test } from "../fixtures/test.ts";

/** A customer of Support's daily file who has not texted, and has no appointment. */
const CALLUM = { number: "+447700900363", shown: "+44 7700 900363", ref: "S-10378", name: "Callum Reid" };

test("who may write ad hoc has a button for each team, beside the search", async ({ page, context, desk }) => {
  await desk.signIn(context, "supervisor");
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support"]);
  await expect(page.getByRole("button", { name: /^Ad-hoc/ })).toHaveText(["Ad-hoc: Collections", "Ad-hoc: Support"]);
  await expect(page.getByRole("main").getByRole("link", { name: "Search", exact: true })).toBeVisible();
});

test("who is in one team has one button and one section", async ({ page, context, desk }) => {
  await desk.signIn(context, "cy");
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Claims"]);
  await expect(page.getByRole("button", { name: /^Ad-hoc/ })).toHaveText(["Ad-hoc: Claims"]);
});

test("who may neither search nor write ad hoc sees no button for it, and / does nothing", async ({
  page,
  context,
  desk,
}) => {
  await desk.signIn(context, "ann");
  await page.goto("/");
  await expect(page.getByRole("region", { name: "Collections" }).getByRole("row").nth(1)).toBeVisible();
  await expect(page.getByRole("link", { name: "Search", exact: true })).toBeHidden();
  await expect(page.getByRole("button", { name: /^Ad-hoc/ })).toBeHidden();
  await page.keyboard.press("/");
  // The list of keys comes after whatever the key before has done.
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard" });
  await expect(help.getByRole("row", { name: "J Next row" })).toBeVisible();
  await expect(help.getByRole("row", { name: "/ Search" })).toBeHidden();
  await expect(page).toHaveURL("/");
});

test("an ad-hoc message goes from the button to the phone, and its reply into the queue", async ({
  page,
  context,
  desk,
}) => {
  const adHoc = new AdHocDialog(page, "Support");
  const customer = desk.customer("Support", CALLUM.number);
  const row = page.getByRole("region", { name: "Support" }).getByRole("row", { name: CALLUM.ref });
  await desk.signIn(context, "supervisor");
  await page.goto("/");
  await adHoc.open();

  await test.step("the number is explained while it is typed, and then known", async () => {
    await adHoc.number.pressSequentially("07700");
    await expect(adHoc.dialog.getByText("Too short for a UK number.")).toBeVisible();
    await adHoc.number.pressSequentially(" 900363");
    await expect(adHoc.dialog.getByText(`${CALLUM.shown} · ${CALLUM.name} (${CALLUM.ref})`)).toBeVisible();
  });

  await test.step("what the customer's data does not fill in a template is asked for", async () => {
    await adHoc.template.selectOption("Engineer visit");
    await expect(adHoc.message).toHaveValue(/^Hello Callum Reid, your engineer comes on {{Appointment}}\./);
    await adHoc.send.click();
    await expect(adHoc.dialog.getByText("Not sent. Fill in first: Appointment")).toBeVisible();
    expect(await customer.received()).toEqual([]);
    await adHoc.dialog.getByLabel("Fill in: Appointment").fill("Monday at 10:00");
    await expect(adHoc.message).toHaveValue(/^Hello Callum Reid, your engineer comes on Monday at 10:00\./);
  });

  const body = await adHoc.message.inputValue();
  await test.step("sent, it says what happens next, and stays out of the queue", async () => {
    await adHoc.send.click();
    await adHoc.expectSent(CALLUM.shown);
    const said = adHoc.dialog.getByText("You will see it in the queue when they reply.");
    await expect(said).toBeFocused();
    await adHoc.dialog.getByRole("button", { name: "Close" }).last().click();
    await expect(adHoc.dialog).toBeHidden();
    await expect(row).toBeHidden();
  });

  await test.step("the reply from the handset brings it into the queue", async () => {
    const handset = await Handset.open(context, desk);
    await handset.use(CALLUM.number, "Support");
    await expect(handset.bubble(body)).toContainText("Delivered");
    // Rows keep their place under the pointer.
    await page.getByRole("heading", { level: 1 }).hover();
    await handset.text("Monday is fine");
    await expect(row.getByRole("cell")).toHaveText([
      CALLUM.ref,
      CALLUM.name,
      CALLUM.shown,
      "just now",
      /^Agent/,
      /Open/,
    ]);
  });

  await test.step("which is a conversation that an outbound message began", async () => {
    await row.getByRole("link", { name: /^Open conversation/ }).click();
    await expect(page.getByText(/^Started by an outbound message/)).toContainText("Support");
    const messages = page.getByRole("region", { name: "Messages" });
    await expect(messages.getByRole("listitem").filter({ hasText: body })).toContainText("Sam Supervisor");
    await expect(messages.getByText("Monday is fine")).toBeVisible();
    await expect(page.getByText("Awaiting reply")).toBeHidden();
  });
});

test("a number is read in any usual way, and a wrong one is explained", async ({ page, context, desk }) => {
  const adHoc = new AdHocDialog(page, "Support");
  await desk.signIn(context, "supervisor");
  await page.goto("/");
  await adHoc.open();
  for (const typed of ["07700900375", "(07700) 900-375", "+44 (0)7700 900 375", "00447700900375"]) {
    await adHoc.address(typed, "+44 7700 900375 · Samuel Wright (S-10446)");
    await adHoc.address("", "Any format, e.g. 07700 900123");
  }
  const wrong = {
    "07700 900": "Too short for a UK number.",
    "07700 900375 5": "Too long for a UK number.",
    "+999 1234567": "No country has this code.",
    "call me": "This is not a phone number. Any format is fine, e.g. 07700 900123 or +44 7700 900123.",
    "020 7946 0000 ext 12": "Leave out the extension: only the number itself can receive texts.",
    "07700 900001": "This is one of our own numbers",
  };
  for (const [typed, why] of Object.entries(wrong)) await adHoc.address(typed, why);
  await adHoc.message.fill("Hello");
  await adHoc.send.click();
  await expect(adHoc.number).toBeFocused();
  await expect(adHoc.number).toHaveAttribute("aria-invalid", "true");
  await expect(
    adHoc.dialog.getByRole("alert").filter({ hasText: "This is one of our own numbers" }),
  ).toBeVisible();
});

test("a team with two numbers chooses which one to write from", async ({ page, context, desk }) => {
  const adHoc = new AdHocDialog(page, "Claims");
  const customer = desk.customer("Claims");
  await desk.signIn(context, "cy");
  await page.goto("/");
  await adHoc.open();
  await expect(adHoc.from.locator("option")).toHaveText(["+44 7700 900003", "+44 7700 900004"]);
  await adHoc.address(customer.number, customer.shown);
  await adHoc.from.selectOption("+44 7700 900004");
  await adHoc.message.fill("Your claim is settled");
  await adHoc.send.click();
  await adHoc.expectSent(customer.shown);
  await expect
    .poll(() => customer.received())
    .toMatchObject([{ from: "+447700900004", body: "Your claim is settled" }]);
});

test("a number that is in a conversation leads to that conversation", async ({ page, context, desk }) => {
  const [open] = await (await desk.agent("cy")).queue("Claims");
  const adHoc = new AdHocDialog(page, "Claims");
  await desk.signIn(context, "cy");
  await page.goto("/");
  await adHoc.open();
  await adHoc.number.fill(open!.number);
  await expect(adHoc.dialog.getByText("A conversation with this number is in progress. Reply there.")).toBeVisible();
  await expect(adHoc.send).toHaveAttribute("aria-disabled", "true");
  await adHoc.dialog.getByRole("link", { name: "Open the conversation" }).click();
  await expect(page).toHaveURL(`/conversations/${open!.id}`);
  await expect(page.getByRole("textbox", { name: "Message" })).toBeVisible();
});

test("a text that nobody has edited follows the number, and an edited one is warned about", async ({
  page,
  context,
  desk,
}) => {
  const adHoc = new AdHocDialog(page, "Support");
  await desk.signIn(context, "supervisor");
  await page.goto("/");
  await adHoc.open();
  await adHoc.address("07700 900363", "Callum Reid");
  await adHoc.template.selectOption("Greeting");
  await expect(adHoc.message).toHaveValue(/^Hello Callum Reid, this is Sam Supervisor from Support\./);
  await adHoc.address("07700 900375", "Samuel Wright");
  await expect(adHoc.message).toHaveValue(/^Hello Samuel Wright,/);
  const edited = `${await adHoc.message.inputValue()} Bye`;
  await adHoc.message.fill(edited);
  await adHoc.address("07700 900363", "Callum Reid");
  await expect(adHoc.dialog.getByText("The template was filled in for another number.")).toBeVisible();
  await adHoc.dialog.getByRole("button", { name: "Fill in again" }).click();
  await expect(adHoc.message).toHaveValue(/^Hello Callum Reid,/);
  await adHoc.dialog.getByRole("button", { name: "Bring back my text" }).click();
  await expect(adHoc.message).toHaveValue(edited);
});
