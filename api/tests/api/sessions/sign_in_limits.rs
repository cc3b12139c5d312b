//! Limits against guessing passwords: per e-mail address and network, so that an account is not locked everywhere, and
//! a limit on concurrent hashing.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{Busy, InvalidCredentials, TooManyRequests};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, BO, PASSWORD, Person},
    on_both_databases,
    test_app::Replica,
};

on_both_databases![
    ten_failures_lock_one_email_address_only,
    a_success_resets_the_failures,
    a_lock_applies_only_to_the_network_of_the_failures,
    a_client_cannot_choose_its_address_without_trusted_proxies,
    an_ipv6_client_is_counted_by_its_64_bit_prefix,
    a_hundred_failures_lock_a_network,
    a_known_browser_can_sign_in_while_its_network_is_locked,
    failures_from_many_networks_delay_but_do_not_lock_an_email_address,
    a_changed_system_clock_neither_locks_nor_unlocks,
    too_many_simultaneous_sign_ins_get_busy,
];

/// Starts a replica that trusts this machine as its proxy, so a request sets its own client address.
fn behind_a_proxy(app: &TestApp) -> Replica {
    app.replica(|args| args.trusted_proxies = Some("127.0.0.0/8".to_owned()))
}

async fn sign_in(server: &Client, person: Person, password: &str, from: &str) -> ApiResponse {
    with_device(server, person, password, from, "").await
}

async fn with_device(
    server: &Client,
    person: Person,
    password: &str,
    from: &str,
    device: &str,
) -> ApiResponse {
    let request = server
        .request(Method::POST, "/sessions")
        .header("X-Forwarded-For", from)
        .header("Cookie", device)
        .json(&json!({"email": person.email(), "password": password}));
    ApiResponse::to(request).await
}

async fn fail_sign_in(server: &Client, person: Person, times: usize, from: &str) {
    for _ in 0..times {
        sign_in(server, person, "wrong", from).await.problem(InvalidCredentials);
    }
}

/// Returns the seconds to wait and the problem's detail.
fn retry_after(refused: ApiResponse) -> (u64, Value) {
    let seconds = refused.header("retry-after").unwrap().parse().unwrap();
    (seconds, refused.problem(TooManyRequests)["detail"].clone())
}

async fn ten_failures_lock_one_email_address_only(app: TestApp) {
    let anonymous = &app.anonymous;
    fail_sign_in(anonymous, ANN, 10, "").await;
    let refused =
        anonymous.post("/sessions", json!({"email": "Ann@example.com ", "password": PASSWORD})).await;
    assert_eq!(retry_after(refused), (900, json!("Too many attempts. Try again in 15 minutes.")));
    sign_in(anonymous, BO, PASSWORD, "").await.expect(201);

    app.advance(TimeDelta::seconds(14 * 60 + 30));
    let refused = sign_in(anonymous, ANN, PASSWORD, "").await;
    assert_eq!(retry_after(refused), (30, json!("Too many attempts. Try again in 30 seconds.")));
    app.advance(TimeDelta::seconds(30));
    sign_in(anonymous, ANN, PASSWORD, "").await.expect(201);
}

async fn a_success_resets_the_failures(app: TestApp) {
    for _ in 0..2 {
        fail_sign_in(&app.anonymous, ANN, 9, "").await;
        sign_in(&app.anonymous, ANN, PASSWORD, "").await.expect(201);
    }
}

async fn a_lock_applies_only_to_the_network_of_the_failures(app: TestApp) {
    let replica = behind_a_proxy(&app);
    let server = &replica.anonymous;
    fail_sign_in(server, ANN, 10, "203.0.113.1").await;
    sign_in(server, ANN, PASSWORD, "203.0.113.1").await.problem(TooManyRequests);
    // Entries to the left of the proxy's own come from the client and are ignored.
    sign_in(server, ANN, PASSWORD, "198.51.100.7, 203.0.113.1").await.problem(TooManyRequests);
    sign_in(server, ANN, PASSWORD, "203.0.113.2").await.expect(201);
    sign_in(server, BO, PASSWORD, "203.0.113.1").await.expect(201);
}

async fn a_client_cannot_choose_its_address_without_trusted_proxies(app: TestApp) {
    for n in 0..10 {
        fail_sign_in(&app.anonymous, ANN, 1, &format!("203.0.113.{n}")).await;
    }
    sign_in(&app.anonymous, ANN, PASSWORD, "203.0.113.99").await.problem(TooManyRequests);
}

async fn an_ipv6_client_is_counted_by_its_64_bit_prefix(app: TestApp) {
    let replica = behind_a_proxy(&app);
    let server = &replica.anonymous;
    for n in 0..10 {
        fail_sign_in(server, ANN, 1, &format!("2001:db8:0:1::{n:x}")).await;
    }
    sign_in(server, ANN, PASSWORD, "2001:db8:0:1:ffff::1").await.problem(TooManyRequests);
    sign_in(server, ANN, PASSWORD, "2001:db8:0:2::1").await.expect(201);
}

async fn a_hundred_failures_lock_a_network(app: TestApp) {
    let replica = behind_a_proxy(&app);
    let server = &replica.anonymous;
    for response in fail_with_unknown_accounts(server, 100, |_| "203.0.113.1".to_owned()).await {
        response.problem(InvalidCredentials);
    }
    sign_in(server, ANN, PASSWORD, "203.0.113.1").await.problem(TooManyRequests);
    sign_in(server, ANN, PASSWORD, "203.0.113.2").await.expect(201);
}

/// Sends this many sign-ins at the same time, each with an unknown address, from the `n`-th client address. They are
/// hashed at full cost, unlike those of the fixture accounts.
async fn fail_with_unknown_accounts(
    server: &Client,
    count: usize,
    from: impl Fn(usize) -> String,
) -> Vec<ApiResponse> {
    let attempt = |n: usize| {
        let attempt = json!({"email": format!("{n}@example.com"), "password": "wrong"});
        let request = server.request(Method::POST, "/sessions").header("X-Forwarded-For", from(n));
        tokio::spawn(ApiResponse::to(request.json(&attempt)))
    };
    let attempts: Vec<_> = (0..count).map(attempt).collect();
    let mut responses = Vec::new();
    for attempt in attempts {
        responses.push(attempt.await.unwrap());
    }
    responses
}

async fn a_known_browser_can_sign_in_while_its_network_is_locked(app: TestApp) {
    let anonymous = &app.anonymous;
    let device = |response: &ApiResponse| {
        let cookies = response.cookies();
        let cookie = cookies.iter().find(|cookie| cookie.starts_with("smsc_device=")).unwrap();
        cookie.split(';').next().unwrap().to_owned()
    };
    let device_of_ann = device(&sign_in(anonymous, ANN, PASSWORD, "").await);
    let device_of_bo = device(&sign_in(anonymous, BO, PASSWORD, "").await);
    fail_sign_in(anonymous, ANN, 10, "").await;
    sign_in(anonymous, ANN, PASSWORD, "").await.problem(TooManyRequests);
    with_device(anonymous, ANN, PASSWORD, "", &device_of_bo).await.problem(TooManyRequests);
    with_device(anonymous, ANN, PASSWORD, "", &device_of_ann).await.expect(201);

    // The limit of guesses also applies to a known browser.
    for _ in 0..10 {
        with_device(anonymous, ANN, "wrong", "", &device_of_ann).await.problem(InvalidCredentials);
    }
    with_device(anonymous, ANN, PASSWORD, "", &device_of_ann).await.problem(TooManyRequests);
}

async fn failures_from_many_networks_delay_but_do_not_lock_an_email_address(app: TestApp) {
    let replica = behind_a_proxy(&app);
    let server = &replica.anonymous;
    for n in 0..100 {
        fail_sign_in(server, ANN, 1, &format!("203.0.113.{n}")).await;
    }
    let refused = sign_in(server, ANN, PASSWORD, "198.51.100.1").await;
    assert_eq!(retry_after(refused), (10, json!("Too many attempts. Try again in 10 seconds.")));
    app.advance(TimeDelta::seconds(10));
    sign_in(server, ANN, PASSWORD, "198.51.100.1").await.expect(201);
}

async fn a_changed_system_clock_neither_locks_nor_unlocks(app: TestApp) {
    fail_sign_in(&app.anonymous, ANN, 10, "").await;
    for days in [1, -2] {
        app.clock.set_by(TimeDelta::days(days));
        let (seconds, _) = retry_after(sign_in(&app.anonymous, ANN, PASSWORD, "").await);
        assert_eq!(seconds, 900);
    }
    app.advance(TimeDelta::minutes(15));
    sign_in(&app.anonymous, ANN, PASSWORD, "").await.expect(201);
}

async fn too_many_simultaneous_sign_ins_get_busy(app: TestApp) {
    let replica = behind_a_proxy(&app);
    let server = &replica.anonymous;
    let mut busy = 0;
    for response in fail_with_unknown_accounts(server, 400, |n| format!("10.0.{}.{}", n / 200, n % 200)).await
    {
        if response.status == 401 {
            response.problem(InvalidCredentials);
        } else {
            assert_eq!(response.header("retry-after"), Some("2"));
            response.problem(Busy);
            busy += 1;
        }
    }
    assert!((1..400).contains(&busy), "{busy} of 400");
    sign_in(server, ANN, PASSWORD, "203.0.113.1").await.expect(201);
}
