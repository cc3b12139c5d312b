// The API documentation works under its Content-Security-Policy, which allows only scripts of its own origin.

import { expect, test } from "../fixtures/test.ts";

test("the API documentation opens and shows an operation with its example", async ({ page }) => {
  const violations: string[] = [];
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) violations.push(message.text());
  });
  const response = await page.goto("/api/docs");
  const policy = response?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("script-src 'self' 'unsafe-inline'");
  const operation = page.locator("#operations-sessions-create_session");
  await operation.getByRole("button").first().click();
  await expect(operation.getByText("ann@example.com").first()).toBeVisible();
  expect(violations).toEqual([]);
});
