// The API's documentation works under its Content-Security-Policy, which lets the browser run nothing but the page's own files.

import { expect, test } from "../fixtures/test.ts";

test("the API's documentation opens, and shows an operation and its example", async ({ page }) => {
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) refused.push(message.text());
  });
  const answer = await page.goto("/api/docs");
  const policy = answer?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("script-src 'self' 'unsafe-inline'");
  const operation = page.locator("#operations-sessions-create_session");
  await operation.getByRole("button").first().click();
  await expect(operation.getByText("ann@example.com").first()).toBeVisible();
  expect(refused).toEqual([]);
});
