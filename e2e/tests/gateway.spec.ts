// A gateway that refuses the server's credentials.

import { ConversationPage } from "../fixtures/conversation.ts";
import { expect, test } from "../fixtures/test.ts";

test("every page shows an alert while the gateway refuses the server's credentials", async ({
  page,
  freshServer: server,
  otherPage,
  browserErrors,
}) => {
  browserErrors.expect("net::ERR_", "/api/v1/");
  browserErrors.expect(401, "/api/v1/");
  const alerts = [page, otherPage].map((tab) =>
    tab.getByRole("alert").filter({ hasText: "No messages have been sent" }),
  );
  await server.openAs(otherPage, "cy", "/");
  const customer = server.customer("Collections");
  await customer.send("Can I pay on Friday?");
  const { id } = await (await server.apiAs("ann")).conversation("Collections", customer.number);
  await server.openAs(page, "ann", `/conversations/${id}`);
  const conversation = new ConversationPage(page);
  for (const alert of alerts) await expect(alert).toBeHidden();

  await server.refuseCredentials();
  await conversation.reply("Friday is fine");
  for (const alert of alerts) await expect(alert).toContainText("the gateway refuses the server’s credentials");
  await expect(conversation.messages).toContainText(/○ queued|↑ sending/);
  await page.reload();
  await expect(alerts[0]!).toBeVisible();
  await expect(conversation.messages).toContainText(/○ queued|↑ sending/);

  await server.kill();
  const restarted = await server.restart();
  for (const alert of alerts) await expect(alert).toBeHidden({ timeout: 15_000 });
  await page.close();
  await otherPage.close();
  await restarted.kill();
});
