// Messages that cannot start a conversation, and conversations with short codes, which cannot be answered.

import { expectAccessible } from "../fixtures/axe.ts";
import { ConversationPage } from "../fixtures/conversation.ts";
import { openSettings } from "../fixtures/menu.ts";
import { expect, test } from "../fixtures/test.ts";

test("a message that could not be stored is listed for administrators with the reason", async ({ page, server }) => {
  await server.openAs(page, "admin", "/");
  await openSettings(page, "Rejected messages");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Rejected messages");
  await server.customer("Support", "whatsapp:+447700900777").send("Hello");
  await page.reload();
  const row = page.getByRole("row").filter({ hasText: "whatsapp:+447700900777" });
  await expect(row).toContainText("Only text messages are supported.");
  await expect(row).toContainText("+447700900002");
  await expectAccessible(page);
});

test("a conversation with a short code says why it cannot be answered, and can be closed", async ({ page, server }) => {
  await server.customer("Support", "68849").send("Your parcel is on its way");
  const { id } = await (await server.apiAs("bo")).conversation("Support", "68849");
  await server.openAs(page, "bo", `/conversations/${id}`);
  await expect(page.getByText("which cannot receive messages")).toBeVisible();
  const conversation = new ConversationPage(page);
  await expect(conversation.box).toHaveCount(0);
  await expect(conversation.closeButton).toBeVisible();
});
