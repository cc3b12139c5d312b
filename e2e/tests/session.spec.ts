// Signing in, staying signed in, signing out; and what an agent of another team gets to see.

import { SignInPage } from "../fixtures/sign-in.ts";
import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

const QUEUE = "Conversations in progress";

test("a wrong password is refused in words beside the form, which keeps the e-mail address", async ({
  page,
  problems,
}) => {
  problems.expect(401, "/api/v1/sessions");
  const signIn = new SignInPage(page);
  await signIn.open();
  await expect(signIn.email).toBeFocused();
  await signIn.as("ann", "not-the-password");
  await expect(signIn.alert).toHaveText(
    "Wrong e-mail or password. Check both, or ask an administrator to set a new password.",
  );
  await expect(signIn.email).toHaveValue("ann@example.com");
  await expect(signIn.password).toHaveValue("");
  await expect(signIn.password).toBeFocused();
  await signIn.as("ann");
  await expect(page.getByRole("heading", { name: QUEUE })).toBeVisible();
});

test("without a session nothing is asked for that would be refused", async ({ page, problems }) => {
  const refused: string[] = [];
  page.on("response", (answer) => {
    if (answer.status() >= 400) refused.push(answer.url());
  });
  await page.goto("/closed");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(page).toHaveURL("/sign-in?return=%2Fclosed");
  expect(refused).toEqual([]);
  expect(problems.unexpected).toEqual([]);
});

test("a disabled account is refused, in the same words", async ({ page, problems }) => {
  problems.expect(401, "/api/v1/sessions");
  const signIn = new SignInPage(page);
  await signIn.open();
  await signIn.as("dee");
  await expect(signIn.alert).toHaveText(/^Wrong e-mail or password\./);
  await expect(page).toHaveURL("/sign-in");
});

test("after too many tries the page says how long to wait", async ({ page, desk, problems }) => {
  problems.expect(429, "/api/v1/sessions");
  const credentials = { email: "guessed@example.com", password: "guess" };
  await Promise.all(
    Array.from({ length: 10 }, () => page.request.post(`${desk.url}/api/v1/sessions`, { data: credentials })),
  );
  const signIn = new SignInPage(page);
  await signIn.open();
  await signIn.email.fill(credentials.email);
  await signIn.password.fill(credentials.password);
  await signIn.button.click();
  await expect(signIn.alert).toHaveText(/^Too many tries\. Try again in \d+ (seconds?|minutes?)\.$/);
});

test("signing in leads back to where one was", async ({ page, desk, problems }) => {
  const [conversation] = await (await desk.agent("ann")).queue("Collections");
  await page.goto(`/conversations/${conversation!.id}`);
  await expect(page).toHaveURL(`/sign-in?return=%2Fconversations%2F${conversation!.id}`);
  await new SignInPage(page).as("ann");
  await expect(page).toHaveURL(`/conversations/${conversation!.id}`);
  await expect(page.getByRole("textbox", { name: "Message" })).toBeVisible();
});

test("signing in never leads to another site", async ({ page, problems }) => {
  await page.goto("/sign-in?return=%2F%2Fexample.com%2F");
  await new SignInPage(page).as("ann");
  await expect(page.getByRole("heading", { name: QUEUE })).toBeVisible();
  await expect(page).toHaveURL("/");
});

test("signing out ends the session here and on the server", async ({ page, context, desk, problems }) => {
  await desk.signIn(context, "ann");
  const before = await context.cookies();
  await page.goto("/");
  await page.getByRole("link", { name: "Closed" }).click();
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect((await context.request.get("/api/v1/me")).status()).toBe(401);
  // Nor is it any use to have kept the cookies.
  problems.expect(401, "/api/v1/");
  await context.addCookies(before);
  expect((await context.request.get("/api/v1/me")).status()).toBe(401);
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("a session whose access has run out is renewed without the agent noticing", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(401, "/api/v1/");
  const [customer, id] = await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill("Good morning");
  await context.clearCookies({ name: "smsc_access" });
  await box.press("Control+Enter");
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("✓✓ delivered");
  await expect(page).toHaveURL(`/conversations/${id}`);
  expect(await customer.received()).toHaveLength(1);
  const cookies = await context.cookies();
  expect(cookies.map((cookie) => cookie.name)).toContain("smsc_access");
});

test("two tabs whose access has run out renew at once, and both stay signed in", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(401, "/api/v1/");
  await desk.signIn(context, "ann");
  const other = await context.newPage();
  const tabs = [page, other];
  await Promise.all(tabs.map((tab) => tab.goto("/")));
  for (const tab of tabs) await expect(tab.getByRole("region", { name: "Collections" })).toBeVisible();
  // Thrice, for what two tabs do at once they may do in either order.
  for (const name of ["Closed", QUEUE, "Closed"]) {
    await context.clearCookies({ name: "smsc_access" });
    await Promise.all(tabs.map((tab) => tab.getByRole("link", { name, exact: true }).click()));
    for (const tab of tabs) {
      await expect(tab.getByRole("region", { name: "Collections" }).getByRole("row").nth(1)).toBeVisible();
    }
  }
  await Promise.all(tabs.map((tab) => tab.reload()));
  for (const tab of tabs) await expect(tab.getByRole("heading", { name: "Closed", level: 1 })).toBeVisible();
});

test("a session that has ended leads to signing in, and back, and the draft is still there", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(401, "/api/v1/");
  const [, id] = await texting({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill("Half a thought");
  await context.clearCookies();
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await new SignInPage(page).as("ann");
  await expect(page).toHaveURL(`/conversations/${id}`);
  await expect(box).toHaveValue("Half a thought");
});

test("another team's conversation looks as if it did not exist", async ({ page, context, desk, problems }) => {
  problems.expect(404, "/api/v1/conversations/");
  const [foreign] = await (await desk.agent("cy")).queue("Claims");
  await desk.signIn(context, "ann");
  await page.goto(`/conversations/${foreign!.id}`);
  await expect(page.getByRole("heading", { name: "Conversation not found" })).toBeVisible();
  await expect(page.getByText(foreign!.name ?? foreign!.number)).toBeHidden();
  await page.getByRole("link", { name: "Go to the conversations in progress" }).click();
  await expect(page.getByRole("heading", { name: QUEUE })).toBeVisible();
});
