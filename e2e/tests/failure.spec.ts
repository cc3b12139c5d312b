// What goes wrong between the desk, the server, the gateway and the phone: said in plain words, with nothing lost and
// nothing sent twice.

import { MESSAGES, loseAnswer } from "../fixtures/answers.ts";
import { Desk } from "../fixtures/desk.ts";
import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

test("without the server, what was typed stays, and is sent once when the server is back", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect("net::ERR_FAILED", "/messages");
  const [customer] = await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await page.route(MESSAGES, (route) => route.abort());
  await box.fill("Friday is fine");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByText("The server cannot be reached. Check the connection and try again.")).toBeVisible();
  await expect(box).toHaveValue("Friday is fine");
  await page.unroute(MESSAGES);
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("✓✓ delivered");
  expect((await customer.received()).map((text) => text.body)).toEqual(["Friday is fine"]);
});

test("a reply that arrived although its answer did not is not sent again", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect("net::ERR_FAILED", "/messages");
  const [customer] = await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await loseAnswer(page, MESSAGES);
  await box.fill("Friday is fine");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByText("The server cannot be reached.")).toBeVisible();
  await page.getByRole("button", { name: "Send" }).click();
  await expect(box).toHaveValue("");
  const messages = page.getByRole("region", { name: "Messages" });
  await expect(messages).toContainText("✓✓ delivered");
  await expect(messages.getByRole("listitem").filter({ hasText: "Friday is fine" })).toHaveCount(1);
  expect((await customer.received()).map((text) => text.body)).toEqual(["Friday is fine"]);
});

test("a reply is held when the customer wrote meanwhile, and may be sent anyway", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(409, "/messages");
  const [customer] = await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await page.route(
    MESSAGES,
    async (route) => {
      await customer.text("Forget it, I have paid");
      await route.continue();
    },
    { times: 1 },
  );
  await box.fill("Friday is fine");
  await page.getByRole("button", { name: "Send" }).click();
  const held = page.getByRole("alert").filter({ hasText: "Not sent yet" });
  await expect(held).toContainText("new messages arrived while you were writing");
  await expect(held.getByRole("listitem")).toHaveText(["Customer: Forget it, I have paid"]);
  await expect(box).toHaveValue("Friday is fine");
  expect(await customer.received()).toEqual([]);

  await held.getByRole("button", { name: "Send anyway" }).click();
  await expect(held).toBeHidden();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("✓✓ delivered");
  expect((await customer.received()).map((text) => text.body)).toEqual(["Friday is fine"]);
});

test("a held reply can be edited instead", async ({ page, context, desk, problems }) => {
  problems.expect(409, "/messages");
  const [customer] = await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await page.route(
    MESSAGES,
    async (route) => {
      await customer.text("Forget it, I have paid");
      await route.continue();
    },
    { times: 1 },
  );
  await box.fill("Friday is fine");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("button", { name: "Keep editing" }).click();
  await expect(box).toBeFocused();
  await box.fill("Thank you for the payment");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("✓✓ delivered");
  expect((await customer.received()).map((text) => text.body)).toEqual(["Thank you for the payment"]);
});

test("the desk says that it has lost the server, and catches up when it is back", async ({
  page,
  context,
  untouchedDesk: desk,
  problems,
}) => {
  problems.expect("net::ERR_", "/api/v1/");
  problems.expect(401, "/api/v1/");
  // The conversation's page may still be on its way: it is fetched ahead, and again once it is opened.
  problems.expect("net::ERR_", "/app-");
  problems.expect("TypeError: Failed to fetch", "/link.js");
  await desk.signIn(context, "ann");
  await page.goto(desk.url);
  const indicator = page.getByRole("banner").getByRole("status");
  await expect(indicator).toHaveText("live");
  await desk.kill();
  await expect(indicator).toHaveText("reconnecting…");
  const again = await Desk.start(desk);
  const customer = again.customer("Collections");
  await customer.text("Are you there?");
  await expect(page.getByRole("row").filter({ hasText: customer.shown })).toBeVisible({ timeout: 15_000 });
  await expect(indicator).toHaveText("live");
  await page.close();
  await again.kill();
});
