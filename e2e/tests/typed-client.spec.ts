// An integration holds a whole conversation with a client that is generated from the OpenAPI document.

import { expect, test } from "../fixtures/test.ts";
import { type TypedClient, dataOf, typedClient } from "../fixtures/typed-client.ts";

/** Creates an API key for the team Claims, as its administrator does. */
async function createKey(serverUrl: string, name: string): Promise<{ client: TypedClient; team: number }> {
  const body = { email: "admin@example.com", password: "sms-chat-demo" };
  const session = await dataOf(typedClient(serverUrl).POST("/api/v1/sessions", { body }));
  const admin = typedClient(serverUrl, session.access_token);
  const { items } = await dataOf(admin.GET("/api/v1/teams"));
  const team = items.find((team) => team.name === "Claims");
  if (!team) throw new Error("there is no team Claims");
  const key = await dataOf(
    admin.POST("/api/v1/api_keys", {
      body: { name, permissions: ["reply", "close", "ad_hoc"], team_ids: [team.id] },
    }),
  );
  if (!key.secret) throw new Error("the response has no secret");
  return { client: typedClient(serverUrl, key.secret), team: team.id };
}

test("an integration with a generated client holds a conversation from the first message to the closure", async ({
  server,
}) => {
  const { client, team } = await createKey(server.url, server.uniqueName("Integration"));
  const customer = server.customer("Claims");

  const started = await dataOf(
    client.POST("/api/v1/conversations", {
      body: { team_id: team, number: customer.number, body: "Hello, is your claim settled?" },
      params: { header: { "Idempotency-Key": customer.number } },
    }),
  );
  expect(started.status).toBe("pending");
  await expect.poll(() => customer.receivedBodies()).toEqual(["Hello, is your claim settled?"]);

  await customer.send("Not yet, please call me");
  const params = { path: { id: started.id } };
  const messages = await dataOf(client.GET("/api/v1/conversations/{id}/messages", { params }));
  const last = messages.items.at(-1);
  expect(last).toMatchObject({ direction: "inbound", body: "Not yet, please call me" });

  const reply = await dataOf(
    client.POST("/api/v1/conversations/{id}/messages", {
      params,
      body: { body: "We call you today.", last_seen_message_id: last?.id },
    }),
  );
  expect(reply.direction).toBe("outbound");
  await expect.poll(() => customer.receivedBodies()).toContain("We call you today.");

  const reasons = await dataOf(
    client.GET("/api/v1/closure_reasons", { params: { query: { team_id: team } } }),
  );
  const reason = reasons.items[0];
  if (!reason) throw new Error("the team has no closure reason");
  const closed = await dataOf(
    client.POST("/api/v1/conversations/{id}/closure", {
      params,
      body: { closure_reason_id: reason.id, note: "Call booked.", last_seen_message_id: reply.id },
    }),
  );
  expect(closed.status).toBe("closed");
  expect(closed.closure?.closure_reason).toBe(reason.name);

  const late = await client.POST("/api/v1/conversations/{id}/messages", { params, body: { body: "One more" } });
  expect(late.response.status).toBe(409);
  expect(late.error?.code).toBe("conversation_closed");
});
