// A gateway that refuses the desk's credentials: everybody is told at once, and as long as it lasts.

import { Desk } from "../fixtures/desk.ts";
import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

test("while the gateway refuses the desk's credentials a red line says so to everybody, for as long as it lasts", async ({
  page,
  context,
  untouchedDesk: desk,
  otherPage,
  problems,
}) => {
  problems.expect("net::ERR_", "/api/v1/");
  problems.expect(401, "/api/v1/");
  const alarms = [page, otherPage].map((tab) => tab.getByRole("alert").filter({ hasText: "No messages are going out" }));
  await desk.signIn(otherPage.context(), "cy");
  await otherPage.goto(desk.url);
  const customer = desk.customer("Collections");
  await customer.text("Can I pay on Friday?");
  const { id } = await (await desk.agent("ann")).conversation("Collections", customer.number);
  await desk.signIn(context, "ann");
  await page.goto(`${desk.url}/conversations/${id}`);
  for (const alarm of alarms) await expect(alarm).toBeHidden();

  await desk.refuseCredentials();
  await page.getByRole("textbox", { name: "Message" }).fill("Friday is fine");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  for (const alarm of alarms) await expect(alarm).toContainText("the gateway refuses the server’s credentials");
  const messages = page.getByRole("region", { name: "Messages" });
  await expect(messages).toContainText(/○ queued|↑ sending/);
  await page.reload();
  await expect(alarms[0]!).toBeVisible();
  await expect(messages).toContainText(/○ queued|↑ sending/);

  await desk.kill();
  const again = await Desk.start(desk);
  for (const alarm of alarms) await expect(alarm).toBeHidden({ timeout: 15_000 });
  await page.close();
  await otherPage.close();
  await again.kill();
});
