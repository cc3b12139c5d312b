//! How guessing passwords is slowed down, and whom that concerns: one e-mail address from one network, not a person
//! everywhere. And that hashing has a bound.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{Busy, InvalidCredentials, TooManyRequests};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{ANN, BO, PASSWORD, Person},
    on_both_databases,
    test_app::Replica,
};

on_both_databases![
    ten_failures_make_an_email_address_wait_and_no_other,
    failures_before_a_success_are_forgotten,
    a_lock_concerns_the_network_that_the_failures_came_from,
    without_trusted_proxies_a_client_cannot_choose_its_address,
    an_ipv6_client_counts_by_its_64_bits,
    a_hundred_failures_make_a_network_wait,
    a_browser_that_has_signed_in_before_keeps_working_while_its_network_is_locked,
    failures_from_many_networks_slow_an_email_address_down_and_lock_it_nowhere,
    setting_the_machines_clock_neither_locks_nor_unlocks,
    more_sign_ins_than_can_be_hashed_are_answered_busy,
];

/// The replica's proxy is this machine, so a request names the address that it comes from.
fn behind_a_proxy(app: &TestApp) -> Replica {
    app.replica(|args| args.trusted_proxies = Some("127.0.0.0/8".to_owned()))
}

async fn sign_in(desk: &Client, person: Person, password: &str, from: &str) -> Answer {
    with_device(desk, person, password, from, "").await
}

async fn with_device(desk: &Client, person: Person, password: &str, from: &str, device: &str) -> Answer {
    let request = desk
        .request(Method::POST, "/sessions")
        .header("X-Forwarded-For", from)
        .header("Cookie", device)
        .json(&json!({"email": person.email(), "password": password}));
    Answer::to(request).await
}

async fn fail(desk: &Client, person: Person, times: usize, from: &str) {
    for _ in 0..times {
        sign_in(desk, person, "wrong", from).await.problem(InvalidCredentials);
    }
}

/// The seconds to wait, and what the answer says about it.
fn wait(refused: Answer) -> (u64, Value) {
    let seconds = refused.header("retry-after").unwrap().parse().unwrap();
    (seconds, refused.problem(TooManyRequests)["detail"].clone())
}

async fn ten_failures_make_an_email_address_wait_and_no_other(app: TestApp) {
    let nobody = &app.nobody;
    fail(nobody, ANN, 10, "").await;
    let refused = nobody.post("/sessions", json!({"email": "Ann@example.com ", "password": PASSWORD})).await;
    assert_eq!(wait(refused), (900, json!("Too many attempts. Try again in 15 minutes.")));
    sign_in(nobody, BO, PASSWORD, "").await.expect(201);

    app.advance(TimeDelta::seconds(14 * 60 + 30));
    let refused = sign_in(nobody, ANN, PASSWORD, "").await;
    assert_eq!(wait(refused), (30, json!("Too many attempts. Try again in 30 seconds.")));
    app.advance(TimeDelta::seconds(30));
    sign_in(nobody, ANN, PASSWORD, "").await.expect(201);
}

async fn failures_before_a_success_are_forgotten(app: TestApp) {
    for _ in 0..2 {
        fail(&app.nobody, ANN, 9, "").await;
        sign_in(&app.nobody, ANN, PASSWORD, "").await.expect(201);
    }
}

async fn a_lock_concerns_the_network_that_the_failures_came_from(app: TestApp) {
    let replica = behind_a_proxy(&app);
    let desk = &replica.nobody;
    fail(desk, ANN, 10, "203.0.113.1").await;
    sign_in(desk, ANN, PASSWORD, "203.0.113.1").await.problem(TooManyRequests);
    // Addresses to the left of the proxy's own entry are the client's invention.
    sign_in(desk, ANN, PASSWORD, "198.51.100.7, 203.0.113.1").await.problem(TooManyRequests);
    sign_in(desk, ANN, PASSWORD, "203.0.113.2").await.expect(201);
    sign_in(desk, BO, PASSWORD, "203.0.113.1").await.expect(201);
}

async fn without_trusted_proxies_a_client_cannot_choose_its_address(app: TestApp) {
    for n in 0..10 {
        fail(&app.nobody, ANN, 1, &format!("203.0.113.{n}")).await;
    }
    sign_in(&app.nobody, ANN, PASSWORD, "203.0.113.99").await.problem(TooManyRequests);
}

async fn an_ipv6_client_counts_by_its_64_bits(app: TestApp) {
    let replica = behind_a_proxy(&app);
    let desk = &replica.nobody;
    for n in 0..10 {
        fail(desk, ANN, 1, &format!("2001:db8:0:1::{n:x}")).await;
    }
    sign_in(desk, ANN, PASSWORD, "2001:db8:0:1:ffff::1").await.problem(TooManyRequests);
    sign_in(desk, ANN, PASSWORD, "2001:db8:0:2::1").await.expect(201);
}

async fn a_hundred_failures_make_a_network_wait(app: TestApp) {
    let replica = behind_a_proxy(&app);
    let desk = &replica.nobody;
    for answer in fail_as_strangers(desk, 100, |_| "203.0.113.1".to_owned()).await {
        answer.problem(InvalidCredentials);
    }
    sign_in(desk, ANN, PASSWORD, "203.0.113.1").await.problem(TooManyRequests);
    sign_in(desk, ANN, PASSWORD, "203.0.113.2").await.expect(201);
}

/// So many sign-ins at once, each with the address of no account, from the `n`-th address. They are verified at full
/// cost, which the accounts of the tests' world are not.
async fn fail_as_strangers(desk: &Client, count: usize, from: impl Fn(usize) -> String) -> Vec<Answer> {
    let attempt = |n: usize| {
        let attempt = json!({"email": format!("{n}@example.com"), "password": "wrong"});
        let request = desk.request(Method::POST, "/sessions").header("X-Forwarded-For", from(n));
        tokio::spawn(Answer::to(request.json(&attempt)))
    };
    let attempts: Vec<_> = (0..count).map(attempt).collect();
    let mut answers = Vec::new();
    for attempt in attempts {
        answers.push(attempt.await.unwrap());
    }
    answers
}

async fn a_browser_that_has_signed_in_before_keeps_working_while_its_network_is_locked(app: TestApp) {
    let nobody = &app.nobody;
    let device = |answer: &Answer| {
        let cookies = answer.cookies();
        let cookie = cookies.iter().find(|cookie| cookie.starts_with("smsc_device=")).unwrap();
        cookie.split(';').next().unwrap().to_owned()
    };
    let anns = device(&sign_in(nobody, ANN, PASSWORD, "").await);
    let bos = device(&sign_in(nobody, BO, PASSWORD, "").await);
    fail(nobody, ANN, 10, "").await;
    sign_in(nobody, ANN, PASSWORD, "").await.problem(TooManyRequests);
    with_device(nobody, ANN, PASSWORD, "", &bos).await.problem(TooManyRequests);
    with_device(nobody, ANN, PASSWORD, "", &anns).await.expect(201);

    // It has no more guesses than any other.
    for _ in 0..10 {
        with_device(nobody, ANN, "wrong", "", &anns).await.problem(InvalidCredentials);
    }
    with_device(nobody, ANN, PASSWORD, "", &anns).await.problem(TooManyRequests);
}

async fn failures_from_many_networks_slow_an_email_address_down_and_lock_it_nowhere(app: TestApp) {
    let replica = behind_a_proxy(&app);
    let desk = &replica.nobody;
    for n in 0..100 {
        fail(desk, ANN, 1, &format!("203.0.113.{n}")).await;
    }
    let refused = sign_in(desk, ANN, PASSWORD, "198.51.100.1").await;
    assert_eq!(wait(refused), (10, json!("Too many attempts. Try again in 10 seconds.")));
    app.advance(TimeDelta::seconds(10));
    sign_in(desk, ANN, PASSWORD, "198.51.100.1").await.expect(201);
}

async fn setting_the_machines_clock_neither_locks_nor_unlocks(app: TestApp) {
    fail(&app.nobody, ANN, 10, "").await;
    for days in [1, -2] {
        app.clock.set_by(TimeDelta::days(days));
        let (seconds, _) = wait(sign_in(&app.nobody, ANN, PASSWORD, "").await);
        assert_eq!(seconds, 900);
    }
    app.advance(TimeDelta::minutes(15));
    sign_in(&app.nobody, ANN, PASSWORD, "").await.expect(201);
}

async fn more_sign_ins_than_can_be_hashed_are_answered_busy(app: TestApp) {
    let replica = behind_a_proxy(&app);
    let desk = &replica.nobody;
    let mut busy = 0;
    for answer in fail_as_strangers(desk, 400, |n| format!("10.0.{}.{}", n / 200, n % 200)).await {
        if answer.status == 401 {
            answer.problem(InvalidCredentials);
        } else {
            assert_eq!(answer.header("retry-after"), Some("2"));
            answer.problem(Busy);
            busy += 1;
        }
    }
    assert!((1..400).contains(&busy), "{busy} of 400");
    sign_in(desk, ANN, PASSWORD, "203.0.113.1").await.expect(201);
}
