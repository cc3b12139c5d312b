// Webhooks: created, tested, replayed, disabled and deleted on their pages, with a receiver that checks the signature.

import { createHmac } from "node:crypto";
import { type IncomingHttpHeaders, createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, test as base } from "../fixtures/test.ts";

interface Webhook {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver that answers with `status`. */
interface Receiver {
  url: string;
  status: number;
  received: Webhook[];
}

const test = base.extend<{ receiver: Receiver }>({
  receiver: async ({}, use) => {
    const receiver: Receiver = { url: "", status: 200, received: [] };
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        receiver.received.push({ headers: request.headers, body });
        response.writeHead(receiver.status).end(`answer ${receiver.status}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
    await use(receiver);
    server.closeAllConnections();
    server.close();
  },
});

function signature(secret: string, { headers, body }: Webhook): string {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
}

test("a webhook is created, tested, rotated and deleted", async ({ page, server, receiver }) => {
  await server.openAs(page, "supervisor", "/webhooks");
  await page.getByRole("button", { name: "New webhook · Support" }).click();
  const dialog = page.getByRole("dialog", { name: "New webhook" });
  await dialog.getByLabel("URL").fill(receiver.url);
  await dialog.getByLabel("Description").fill("CRM");
  await dialog.getByRole("checkbox", { name: "Message received" }).check();
  await dialog.getByRole("button", { name: "Create webhook" }).click();

  const secretDialog = page.getByRole("dialog", { name: "Signing secret" });
  const secret = await secretDialog.getByLabel("Secret", { exact: true }).inputValue();
  expect(secret).toMatch(/^whsec_/);
  await secretDialog.getByRole("checkbox", { name: "I have copied the secret" }).check();
  await secretDialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("row").filter({ hasText: receiver.url }).getByRole("link").click();
  await expect(page.getByRole("heading", { name: receiver.url })).toBeVisible();

  await page.getByRole("button", { name: "Send test" }).click();
  const first = page.getByRole("table", { name: "Deliveries" }).getByRole("row").nth(1);
  await expect(first).toContainText("Delivered");
  expect(receiver.received[0]!.headers["webhook-signature"]).toBe(signature(secret, receiver.received[0]!));

  await page.getByRole("button", { name: "Rotate secret" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Rotate secret" }).click();
  const rotated = await secretDialog.getByLabel("Secret", { exact: true }).inputValue();
  await secretDialog.getByRole("checkbox", { name: "I have copied the secret" }).check();
  await secretDialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText("Also signs until")).toBeVisible();
  await first.getByRole("button", { name: "Replay" }).click();
  await expect.poll(() => receiver.received.length).toBe(2);
  const again = receiver.received[1]!;
  expect(again.headers["webhook-id"]).toBe(receiver.received[0]!.headers["webhook-id"]);
  expect(again.headers["webhook-signature"]).toBe(`${signature(rotated, again)} ${signature(secret, again)}`);

  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete webhook" }).click();
  await expect(page.getByRole("heading", { name: "Webhooks" })).toBeVisible();
  await expect(page.getByText(receiver.url)).toHaveCount(0);
});

test("a disabled webhook shows why, and sends what waits once it is enabled", async ({ page, server, receiver }) => {
  receiver.status = 410;
  const supervisor = await server.apiAs("supervisor");
  const { id } = await supervisor.createWebhookEndpoint("Collections", receiver.url, ["message.received"]);
  await server.openAs(page, "supervisor", `/webhooks/${id}`);
  const customer = server.customer("Collections");
  await customer.send("Hello?");
  const alert = page.getByRole("alert").filter({ hasText: "it is gone (410)" });
  await expect(alert).toBeVisible();
  const settings = page.getByRole("button", { name: "Settings" });
  await expect(settings).toHaveAccessibleName("Settings A webhook is disabled");
  const row = page.getByRole("table", { name: "Deliveries" }).getByRole("row").nth(1);
  await expect(row).toContainText("Failed");
  await row.getByRole("button", { name: "Show" }).click();
  const dialog = page.getByRole("dialog", { name: "Message received" });
  await expect(dialog).toContainText("answer 410");
  await expect(dialog).toContainText("Hello?");
  await dialog.getByRole("button", { name: "Close" }).click();

  receiver.status = 204;
  await alert.getByRole("button", { name: "Enable" }).click();
  await expect(alert).toBeHidden();
  await expect(settings).toHaveAccessibleName("Settings");
  await expect(row).toContainText("Delivered");
  expect(receiver.received).toHaveLength(2);
});

test("a refused webhook keeps the input and shows the error beside the field", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(422, "/webhook_endpoints");
  await server.openAs(page, "supervisor", "/webhooks");
  await page.getByRole("button", { name: "New webhook · Support" }).click();
  const dialog = page.getByRole("dialog", { name: "New webhook" });
  await dialog.getByLabel("URL").fill("http://169.254.169.254/");
  await dialog.getByRole("button", { name: "Create webhook" }).click();
  await expect(dialog.getByText("it is not public")).toBeVisible();
  await expect(dialog.getByText("Choose at least one type of event.")).toBeVisible();
  await expect(dialog.getByLabel("URL")).toHaveValue("http://169.254.169.254/");
});
