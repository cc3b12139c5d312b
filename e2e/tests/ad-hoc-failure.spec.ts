// Ad-hoc messages when requests fail or the agent is impatient: no draft is lost, and no message is sent twice.

import { AdHocDialog } from "../fixtures/ad-hoc.ts";
import { holdKeys } from "../fixtures/keyboard.ts";
import { CONVERSATIONS, holdRequests, idempotencyKeysTo, loseResponse } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

/** A response that refuses a request. */
function problem(status: number, code: string, detail: string) {
  return {
    status,
    contentType: "application/problem+json",
    body: JSON.stringify({ type: "about:blank", title: "", status, detail, code, request_id: "r-1" }),
  };
}

test("an ad-hoc message is refused if its number has sent a message meanwhile, with a link to it", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/conversations");
  const customer = server.customer("Claims");
  const adHoc = await AdHocDialog.openAs(page, server, "cy", "Claims");
  await adHoc.fill(customer, "Your claim is settled");
  await customer.send("Any news?");
  await adHoc.send.click();
  await expect(adHoc.dialog.getByRole("link", { name: "Open the conversation" })).toBeVisible();
  await expect(adHoc.message).toHaveValue("Your claim is settled");
  expect(await customer.receivedMessages()).toEqual([]);
});

test("an ad-hoc draft and its idempotency key survive failed requests, closing the dialog and a reload", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect("net::ERR_FAILED", "/conversations");
  browserErrors.expect(500, "/conversations");
  browserErrors.expect(422, "/conversations");
  const customer = server.customer("Claims");
  const expectDraft = async () => {
    await expect(adHoc.number).toHaveValue(customer.number);
    await expect(adHoc.message).toHaveValue("Your claim is settled");
    await expect(adHoc.dialog.getByText(customer.displayNumber)).toBeVisible();
  };
  const adHoc = await AdHocDialog.openAs(page, server, "cy", "Claims");
  await adHoc.fill(customer, "Your claim is settled");
  const keys = idempotencyKeysTo(page, "/conversations");

  // The server accepts the message, but the response is lost.
  await loseResponse(page, CONVERSATIONS);
  await adHoc.send.click();
  await expect(adHoc.dialog.getByText("The server cannot be reached.")).toBeVisible();
  await expectDraft();
  await page.route(CONVERSATIONS, (route) => route.fulfill(problem(500, "internal", "")), { times: 1 });
  await adHoc.send.click();
  await expect(adHoc.dialog.getByText("Something went wrong on our side. Try again")).toContainText(
    "quote request id r-1",
  );
  await expectDraft();
  const refusal = problem(422, "validation_failed", "Not now.");
  await page.route(CONVERSATIONS, (route) => route.fulfill(refusal), { times: 1 });
  await adHoc.send.click();
  await expect(adHoc.dialog.getByText("Not now.")).toBeVisible();
  await expectDraft();

  await page.keyboard.press("Escape");
  await expect(adHoc.dialog).toBeHidden();
  await adHoc.open();
  await expectDraft();
  await page.reload();
  await adHoc.open();
  await expectDraft();

  await adHoc.send.click();
  await adHoc.expectSent(customer.displayNumber);
  await expect.poll(() => customer.receivedBodies()).toEqual(["Your claim is settled"]);
  expect(keys).toHaveLength(4);
  expect(new Set(keys).size).toBe(1);
  await adHoc.dialog.getByRole("button", { name: "Send another" }).click();
  await expect(adHoc.number).toHaveValue("");
  await expect(adHoc.message).toHaveValue("");
});

test("a number that is still being checked holds the message, and says so until the check has ended", async ({
  page,
  server,
}) => {
  const adHoc = await AdHocDialog.openAs(page, server, "supervisor", "Collections");
  const release = await holdRequests(page, "**/api/v1/numbers?*", 1);
  const customer = server.customer("Collections");
  await adHoc.number.fill(customer.number);
  await adHoc.message.fill("Please call us.");
  await adHoc.send.click();
  const checking = adHoc.dialog.getByText("The number is being checked. Try again in a moment.");
  await expect(checking).toBeVisible();
  release();
  await expect(checking).toBeHidden();
  await adHoc.send.click();
  await adHoc.expectSent(customer.displayNumber);
});

test("an ad-hoc message is sent once on a double click and on held keys", async ({ page, server }) => {
  const adHoc = await AdHocDialog.openAs(page, server, "cy", "Claims");
  const repeatedActions = {
    "a double click": () => adHoc.send.dblclick(),
    "Enter held down": async () => {
      await adHoc.number.focus();
      await holdKeys(page, "Enter");
    },
    "Ctrl+Enter held down": async () => {
      await adHoc.message.focus();
      await holdKeys(page, "Control", "Enter");
    },
  };
  for (const [body, send] of Object.entries(repeatedActions)) {
    const customer = server.customer("Claims");
    await adHoc.fill(customer, body);
    await send();
    await adHoc.expectSent(customer.displayNumber);
    await expect.poll(() => customer.receivedBodies()).toEqual([body]);
    await adHoc.dialog.getByRole("button", { name: "Send another" }).click();
  }
});
