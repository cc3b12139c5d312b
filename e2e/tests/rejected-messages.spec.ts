// What cannot become a conversation, or not one that can be answered: the list of rejected messages, and short codes.

import { Agent } from "../fixtures/agent.ts";
import { expectAccessible } from "../fixtures/axe.ts";
import { Customer } from "../fixtures/customer.ts";
import { expect, test } from "../fixtures/test.ts";

test("a message that could not be kept is listed for administrators with the reason", async ({ page, context, desk }) => {
  await desk.signIn(context, "admin");
  await page.goto("/");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Rejected messages" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Rejected messages");
  await new Customer(desk.simulator, "whatsapp:+447700900777", "Support").text("Hello");
  await page.reload();
  const row = page.getByRole("row").filter({ hasText: "whatsapp:+447700900777" });
  await expect(row).toContainText("Only text messages are supported.");
  await expect(row).toContainText("+447700900002");
  await expectAccessible(page);
});

test("a conversation with a short code says why it cannot be answered, and can be closed", async ({ page, context, desk }) => {
  await new Customer(desk.simulator, "68849", "Support").text("Your parcel is on its way");
  const agent = await Agent.signIn(desk.url, "bo");
  const { id } = await agent.conversation("Support", "68849");
  await desk.signIn(context, "bo");
  await page.goto(`/conversations/${id}`);
  await expect(page.getByText("which cannot receive messages")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Message" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Close conversation" })).toBeVisible();
});
