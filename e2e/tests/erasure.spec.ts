// Erasing a customer on the team's page, legal holds and retention.

import { expectAccessible } from "../fixtures/axe.ts";
import { expect, test } from "../fixtures/test.ts";

test("a customer is erased after a preview, unless a legal hold keeps the data", async ({ page, server }) => {
  const customer = server.customer("Support");
  await customer.send("My secret");
  const admin = await server.apiAs("admin");
  const { id } = await admin.conversation("Support", customer.number);
  await server.openAs(page, "admin", "/teams");
  await page.getByRole("link", { name: "Open Support" }).click();
  const erasure = page.getByRole("region", { name: "Erase a customer" });
  const holds = page.getByRole("region", { name: "Legal holds" });
  const dialog = page.getByRole("dialog");
  const showData = async () => {
    await erasure.getByLabel("The customer’s number").fill(customer.number);
    await erasure.getByRole("button", { name: "Show data" }).click();
  };

  await test.step("a conversation in progress prevents it", async () => {
    await showData();
    await expect(dialog.getByRole("alert")).toContainText("Close it first.");
    await expect(dialog.getByRole("link", { name: "Open the conversation" })).toBeVisible();
    await page.keyboard.press("Escape");
    await admin.close(id);
  });

  await test.step("a legal hold prevents it until it is lifted", async () => {
    await holds.getByLabel("The customer’s number").fill(customer.number);
    await holds.getByLabel("Reason").fill("Court case");
    await holds.getByRole("button", { name: "Set legal hold" }).click();
    await expect(holds.getByRole("listitem")).toContainText("Court case");
    await showData();
    await expect(dialog.getByRole("alert")).toContainText("A legal hold keeps this customer's data.");
    await page.keyboard.press("Escape");
    await holds.getByRole("button", { name: /^Lift/ }).click();
    await dialog.getByRole("button", { name: "Lift hold" }).click();
    await expect(holds.getByRole("listitem")).toHaveCount(0);
  });

  await test.step("the number must be typed again", async () => {
    await showData();
    await expect(dialog).toContainText("This cannot be undone.");
    await expectAccessible(page);
    await dialog.getByLabel("Reason").fill("Request by letter");
    await dialog.getByLabel("Type the number to confirm").fill("07700 900000");
    await dialog.getByRole("button", { name: "Erase customer" }).click();
    await expect(dialog.getByText("This is another number.")).toBeVisible();
    await dialog.getByLabel("Type the number to confirm").fill(customer.number);
    await dialog.getByRole("button", { name: "Erase customer" }).click();
    await expect(dialog).toBeHidden();
  });
  await page.goto(`/conversations/${id}`);
  await expect(page.getByText("[erased]").first()).toBeVisible();
  await expect(page.getByText("My secret")).toHaveCount(0);
});

test("the retention of a team is saved", async ({ page, server, browserErrors }) => {
  browserErrors.expect(422, "/retention");
  await server.openAs(page, "admin", "/teams");
  await page.getByRole("link", { name: "Open Claims" }).click();
  const retention = page.getByRole("region", { name: "Retention" });
  await retention.getByLabel("Days of conversations").fill("0");
  await retention.getByRole("button", { name: "Save retention" }).click();
  await expect(retention.getByText("Enter 1 to 36500 days")).toBeVisible();
  await retention.getByLabel("Days of conversations").fill("730");
  await retention.getByRole("button", { name: "Save retention" }).click();
  await expect(page.getByText("The retention is saved.")).toBeVisible();
  await page.reload();
  await expect(retention.getByLabel("Days of conversations")).toHaveValue("730");
  await retention.getByLabel("Days of conversations").fill("");
  const saved = page.waitForResponse(
    (response) => response.request().method() === "PUT" && response.url().endsWith("/retention"),
  );
  await retention.getByRole("button", { name: "Save retention" }).click();
  expect((await saved).status()).toBe(200);
});
