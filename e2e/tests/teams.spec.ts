// Teams: administrators manage their names, numbers and members, and changes take effect at once.

import { AccountsPage, fillIdentity } from "../fixtures/accounts.ts";
import { ConversationPage } from "../fixtures/conversation.ts";
import { Handset } from "../fixtures/handset.ts";
import { openSettings } from "../fixtures/menu.ts";
import { SignInPage } from "../fixtures/sign-in.ts";
import { expect, test } from "../fixtures/test.ts";

test("a new team with a new number and account can receive a message and reply", async ({
  page,
  context,
  server,
  otherPage,
  browserErrors,
}) => {
  browserErrors.expect(409, "/numbers");
  const team = server.uniqueName("Renewals");
  const gil = { name: server.uniqueName("Gil"), email: "gil@example.com", password: "four words in a row" };
  const customer = server.customer("Support");
  await server.openAs(page, "admin", "/");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Claims", "Collections", "Support"]);

  await test.step("an administrator creates the team", async () => {
    await openSettings(page, "Teams");
    await page.getByRole("button", { name: "New team" }).click();
    const dialog = page.getByRole("dialog", { name: "New team" });
    await expect(dialog.getByLabel("Region")).toHaveValue("GB");
    await expect(dialog.getByLabel("Time zone")).toHaveValue("Europe/London");
    await dialog.getByLabel("Name").fill(team);
    await dialog.getByRole("button", { name: "Create team" }).click();
    await expect(page.getByRole("heading", { level: 1, name: team })).toBeVisible();
  });

  await test.step("the administrator adds a number", async () => {
    await expect(
      page.getByText("No numbers yet. Add one so that the team can send and receive messages."),
    ).toBeVisible();
    await page.getByLabel("Add a number").fill("07700 900005");
    await page.getByRole("button", { name: "Add number" }).click();
    await expect(page.getByRole("listitem").filter({ hasText: "+44 7700 900005" })).toBeVisible();
    await expect(page.getByLabel("Add a number")).toHaveValue("");
  });

  await test.step("a new account of the team signs in with another browser", async () => {
    const accounts = new AccountsPage(page);
    await accounts.open();
    const dialog = await accounts.openNew();
    await fillIdentity(dialog, gil);
    await dialog.getByRole("checkbox", { name: team }).check();
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(accounts.row(gil.name).getByRole("cell").nth(3)).toHaveText(team);
    await otherPage.goto(`${server.url}/sign-in`);
    await new SignInPage(otherPage).signIn(gil);
    await expect(otherPage.getByRole("heading", { level: 2 })).toHaveText([team]);
    await expect(otherPage.getByText("No conversations in progress")).toBeVisible();
  });

  const handset = await Handset.open(context, server);
  await test.step("a message to the number arrives and is answered", async () => {
    await handset.use(customer.number, team);
    await handset.send("Is my policy renewed?");
    await otherPage.getByRole("link", { name: `Open conversation with ${customer.displayNumber}` }).click();
    const conversation = new ConversationPage(otherPage);
    await expect(conversation.messages).toContainText("Is my policy renewed?");
    await conversation.reply("Yes, since Monday.");
    await expect(handset.bubble("Yes, since Monday.")).toContainText("Delivered");
    expect(await customer.receivedMessages()).toMatchObject([{ from: "+447700900005" }]);
  });

  await test.step("a number with conversations in progress cannot be removed", async () => {
    await openSettings(page, "Teams");
    await page.getByRole("link", { name: `Open ${team}` }).click();
    await page.getByRole("button", { name: "Remove +44 7700 900005" }).click();
    const confirmation = page.getByRole("dialog", { name: "Remove +44 7700 900005?" });
    await confirmation.getByRole("button", { name: "Remove number" }).click();
    await expect(confirmation.getByRole("alert")).toContainText("Close them first");
    await confirmation.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByRole("listitem").filter({ hasText: "+44 7700 900005" })).toBeVisible();
  });
});

test("a new member sees the team at once, and a removed member loses it at once", async ({
  page,
  server,
  otherPage,
}) => {
  const fay = await server.createAccount({ permissions: ["reply", "close"], teams: ["Support"] });
  await server.openAs(otherPage, fay, "/");
  const sections = otherPage.getByRole("heading", { level: 2 });
  await expect(sections).toHaveText(["Support"]);
  await server.openAs(page, "admin", "/teams");
  await page.getByRole("link", { name: "Open Claims" }).click();
  await page.getByLabel("Add a member").selectOption(`${fay.name} · ${fay.email}`);
  await page.getByRole("button", { name: "Add member" }).click();
  const member = page.getByRole("row").filter({ hasText: fay.email });
  await expect(member).toBeVisible();
  await expect(sections).toHaveText(["Claims", "Support"]);

  await member.getByRole("button", { name: `Remove ${fay.name}` }).click();
  const confirmation = page.getByRole("dialog", { name: `Remove ${fay.name} from the team?` });
  await confirmation.getByRole("button", { name: "Remove member" }).click();
  await expect(member).toBeHidden();
  await expect(sections).toHaveText(["Support"]);
});

test("members see the new name of a renamed team, and an unknown team is not found", async ({
  page,
  freshServer: server,
  otherPage,
  browserErrors,
}) => {
  browserErrors.expect(404, "/api/v1/teams/");
  await server.openAs(otherPage, "ann", "/");
  await expect(otherPage.getByRole("heading", { level: 2 })).toHaveText(["Collections"]);
  await server.openAs(page, "admin", "/teams");
  await page.getByRole("link", { name: "Open Collections" }).click();
  await page.getByLabel("Name").fill("Arrears");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Arrears");
  await expect(otherPage.getByRole("heading", { level: 2 })).toHaveText(["Arrears"]);
  await page.goto(`${server.url}/teams/999`);
  await expect(page.getByRole("heading", { name: "Team not found" })).toBeVisible();
  await otherPage.close();
});
