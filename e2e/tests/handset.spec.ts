// The fault panel of the handset page: faults can be added for one phone or for all, listed and cleared.

import { Handset } from "../fixtures/handset.ts";
import { sendJson } from "../fixtures/json.ts";
import type { TestServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

/** The active faults of the simulator, without their ids. */
async function faultsOf(server: TestServer): Promise<Record<string, unknown>[]> {
  const url = `${server.simulatorUrl}/simulator/faults`;
  const { faults } = await sendJson<{ faults: Record<string, unknown>[] }>("GET", url);
  return faults.map(({ id: _, ...fault }) => fault);
}

test("every fault on the handset can be added, and the list shows it under its name", async ({
  context,
  freshServer: server,
}) => {
  const handset = await Handset.open(context, server);
  const { page } = handset;
  const names = await page.getByLabel("Fault", { exact: true }).locator("option").allTextContents();
  expect(names.length).toBeGreaterThan(25);
  await page.getByLabel("For", { exact: true }).selectOption("Every phone");
  await page.getByLabel("How often").selectOption("Until cleared");
  for (const [index, name] of names.entries()) {
    await page.getByLabel("Fault", { exact: true }).selectOption(name);
    await handset.addButton.click();
    await expect(handset.faults).toHaveCount(index + 1);
    await expect(handset.faults.last()).toContainText(name.replace(/, for another reason$/, ""));
    await expect(handset.faults.last()).toContainText("every phone · until cleared");
  }
  await page.getByRole("button", { name: "Clear all" }).click();
  await expect(page.getByText("No active faults.")).toBeVisible();
  expect(await faultsOf(server)).toEqual([]);
});

test("a fault has a phone, a count and a number of seconds, and can be cleared on its own", async ({
  context,
  freshServer: server,
}) => {
  const handset = await Handset.open(context, server);
  const { page } = handset;
  await handset.use("+447700900650", "Support");
  await page.getByLabel("Fault", { exact: true }).selectOption("Too many requests (429)");
  await page.getByLabel("Seconds").fill("0");
  await page.getByLabel("How often").selectOption("Several times");
  await page.getByLabel("Times").fill("4");
  await handset.addButton.click();
  await expect(page.getByRole("alert").filter({ hasText: "Enter a whole number from 1 to 600." })).toBeVisible();
  await expect(page.getByLabel("Seconds")).toBeFocused();
  await page.getByLabel("Seconds").fill("7");
  await page.keyboard.press("Enter");
  await expect(handset.faults).toContainText(["Too many requests (429), 7 s · this phone · 4 times"]);
  const [fault] = await faultsOf(server);
  expect(fault).toEqual({ fault: "http_429", retry_after: 7, number: "+447700900650", times: 4, on: "send" });

  await page.getByLabel("How often").selectOption("Once");
  await handset.injectFault("The webhook is lost");
  await page.getByRole("button", { name: /^Clear: Too many requests/ }).click();
  await expect(handset.faults).toContainText(["The webhook is lost · this phone · once"]);
  await page.getByLabel("Your message").fill("Hello?");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(handset.bubble("Hello?")).toContainText("Webhook lost: the server must find the message");
  await expect(page.getByText("No active faults.")).toBeVisible();
});
