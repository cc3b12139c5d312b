// Ad-hoc messages when something goes wrong, or somebody is impatient: nothing typed is lost, and nothing is sent twice.

import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { loseAnswer } from "../fixtures/answers.ts";
import { expect, test } from "../fixtures/test.ts";

const CONVERSATIONS = "**/api/v1/conversations";
/** What the server answers when it is at fault. */
const BROKEN = {
  status: 500,
  contentType: "application/problem+json",
  body: JSON.stringify({
    type: "about:blank",
    title: "",
    status: 500,
    detail: "",
    code: "internal",
    request_id: "r-1",
  }),
};

test("a text whose number gets into a conversation meanwhile is not sent, and leads there", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(409, "/conversations");
  const adHoc = new AdHocDialog(page, "Claims");
  const customer = desk.customer("Claims");
  await desk.signIn(context, "cy");
  await page.goto("/");
  await adHoc.open();
  await adHoc.address(customer.number, customer.shown);
  await adHoc.message.fill("Your claim is settled");
  await customer.text("Any news?");
  await adHoc.send.click();
  await expect(adHoc.dialog.getByRole("link", { name: "Open the conversation" })).toBeVisible();
  await expect(adHoc.message).toHaveValue("Your claim is settled");
  expect(await customer.received()).toEqual([]);
});

test("what was typed survives failing requests, closing the dialog and a reload, and is sent once", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect("net::ERR_FAILED", "/conversations");
  problems.expect(500, "/conversations");
  const adHoc = new AdHocDialog(page, "Claims");
  const customer = desk.customer("Claims");
  const expectKept = async () => {
    await expect(adHoc.number).toHaveValue(customer.number);
    await expect(adHoc.message).toHaveValue("Your claim is settled");
    await expect(adHoc.dialog.getByText(customer.shown)).toBeVisible();
  };
  await desk.signIn(context, "cy");
  await page.goto("/");
  await adHoc.open();
  await adHoc.address(customer.number, customer.shown);
  await adHoc.message.fill("Your claim is settled");

  // It arrives, but its answer does not.
  await loseAnswer(page, CONVERSATIONS);
  await adHoc.send.click();
  await expect(adHoc.dialog.getByText("The server cannot be reached.")).toBeVisible();
  await expectKept();
  await page.route(CONVERSATIONS, (route) => route.fulfill(BROKEN), { times: 1 });
  await adHoc.send.click();
  await expect(adHoc.dialog.getByText("Something went wrong on our side. Try again")).toContainText(
    "quote request id r-1",
  );
  await expectKept();

  await page.keyboard.press("Escape");
  await expect(adHoc.dialog).toBeHidden();
  await adHoc.open();
  await expectKept();
  await page.reload();
  await adHoc.open();
  await expectKept();

  await adHoc.send.click();
  await adHoc.expectSent(customer.shown);
  await expect
    .poll(async () => (await customer.received()).map((text) => text.body))
    .toEqual(["Your claim is settled"]);
  await adHoc.dialog.getByRole("button", { name: "Send another" }).click();
  await expect(adHoc.number).toHaveValue("");
  await expect(adHoc.message).toHaveValue("");
});

test("a double click sends once, and so does a key that is held down", async ({ page, context, desk }) => {
  const adHoc = new AdHocDialog(page, "Claims");
  await desk.signIn(context, "cy");
  await page.goto("/");
  await adHoc.open();
  const impatience = {
    "a double click": () => adHoc.send.dblclick(),
    "Enter held down": async () => {
      await adHoc.number.focus();
      for (let times = 0; times < 5; times += 1) await page.keyboard.down("Enter");
      await page.keyboard.up("Enter");
    },
    "Ctrl+Enter held down": async () => {
      await adHoc.message.focus();
      await page.keyboard.down("Control");
      for (let times = 0; times < 5; times += 1) await page.keyboard.down("Enter");
      await page.keyboard.up("Enter");
      await page.keyboard.up("Control");
    },
  };
  for (const [body, send] of Object.entries(impatience)) {
    const customer = desk.customer("Claims");
    await adHoc.address(customer.number, customer.shown);
    await adHoc.message.fill(body);
    await send();
    await adHoc.expectSent(customer.shown);
    await expect.poll(async () => (await customer.received()).map((text) => text.body)).toEqual([body]);
    await adHoc.dialog.getByRole("button", { name: "Send another" }).click();
  }
});
