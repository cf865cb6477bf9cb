//! Every message of the list, in both languages, as a file.

use std::collections::BTreeSet;

use contracts_achievements::v1::AchievementUnlocked;
use contracts_inventory::v1::{ReservedItem, StockChanged, StockReservationFailed, StockReserved};
use contracts_notifications::v1::{Channel, ListNotificationsRequest, NotificationStatus};
use contracts_orders::v1::{OrderCancelled, OrderConfirmed};
use contracts_payments::v1::{PaymentCompleted, PaymentRefunded};
use contracts_shipping::v1::ShipmentDispatched;
use contracts_users::v1::{GoalAchieved, UserRegistered};
use contracts_workouts::v1::WorkoutStarted;
use testkit::Database;

use crate::house::{House, cny, contact, customer, items, placed};

testkit::on_both_databases! {
    each_message_of_the_shop_arrives_in_english_and_chinese
    each_message_of_the_fitness_business_arrives_in_english_and_chinese
    the_first_form_of_an_order_is_told_too
    what_has_no_template_is_told_to_nobody
}

/// Template, channel, what the title says, what the message says.
type Said = (&'static str, Channel, &'static str, &'static str);

async fn expect(house: &House, locale: &str, said: &[Said]) {
    for (template, channel, title, text) in said {
        let (event, shown) = house.sent(template, *channel).await;
        assert_eq!((shown.status(), shown.locale.as_str(), shown.attempts), (NotificationStatus::Sent, locale, 1), "{shown:?}");
        assert!(shown.title.contains(title) && shown.message.contains(text), "{shown:?}");
        let file = house.file(&shown);
        assert!(file.contains(text), "{file}");
        let to = match channel {
            Channel::Email => ("To: ada@example.com", "a***@example.com"),
            Channel::Sms => ("To: +8613800000789", "***789"),
            _ => ("To: device-abcdef", "***def"),
        };
        assert!(file.contains(to.0), "{file}");
        assert_eq!((event.recipient.as_str(), shown.recipient.as_str(), event.attempts), (to.1, to.1, 1), "{event:?}");
        assert_eq!((&event.cause, &event.cause_type, &event.user_id), (&shown.cause_id, &shown.cause_type, &shown.user_id));
        assert_eq!(event.cause_type.replace('.', "_"), *template);
    }
    house.settled().await;
    assert_eq!(house.files().len(), said.len(), "once each: {:?}", house.files());
    assert_eq!((house.all_sent().len(), house.all_failed().len()), (said.len(), 0));
}

async fn shop(house: &House, locale: &str) {
    let order_id = || "order-1".to_owned();
    house.process.emit("orders", placed("order-1", Some(contact(locale)))).await;
    let item = ReservedItem { product_id: "PROD-001".into(), quantity: 2, remaining_stock: 98, ..ReservedItem::default() };
    house.process.emit("inventory", StockReserved { order_id: order_id(), items: vec![item], customer: customer(locale) }).await;
    let failed = StockReservationFailed {
        order_id: "order-2".into(),
        reason: "insufficient_stock".into(),
        product_id: "PROD-002".into(),
        available: 50,
        requested: 100,
        customer: customer(locale),
        ..StockReservationFailed::default()
    };
    house.process.emit("inventory", failed).await;
    let paid = PaymentCompleted {
        order_id: order_id(),
        payment_id: "pay-1".into(),
        amount: cny(1_599_700),
        customer: customer(locale),
        ..PaymentCompleted::default()
    };
    house.process.emit("payments", paid).await;
    let confirmed = OrderConfirmed {
        order_id: order_id(),
        customer: customer(locale),
        items: items(),
        total: cny(1_599_700),
        ..OrderConfirmed::default()
    };
    house.process.emit("orders", confirmed).await;
    let cancelled = OrderCancelled {
        order_id: "order-2".into(),
        reason: "insufficient_stock".into(),
        customer: customer(locale),
        ..OrderCancelled::default()
    };
    house.process.emit("orders", cancelled).await;
    let dispatched = ShipmentDispatched {
        order_id: order_id(),
        shipment_id: "ship-1".into(),
        customer: customer(locale),
        tracking_number: "SIM-1".into(),
        ..ShipmentDispatched::default()
    };
    house.process.emit("shipping", dispatched).await;
    let refunded = PaymentRefunded { order_id: order_id(), amount: cny(699_900), customer: customer(locale), ..PaymentRefunded::default() };
    house.process.emit("payments", refunded).await;
}

async fn each_message_of_the_shop_arrives_in_english_and_chinese(database: Database) {
    let mut house = House::start(database).await;
    shop(&house, "en").await;
    let english = [
        ("order_placed", Channel::Email, "received your order order-1", "Total: 15,997.00 CNY"),
        ("order_placed", Channel::Sms, "", "Order order-1 received, 15,997.00 CNY"),
        ("inventory_reserved", Channel::Email, "is in stock", "2 x PROD-001"),
        ("inventory_reservation_failed", Channel::Email, "order-2 cannot be filled", "100 ordered, 50 available"),
        ("payment_completed", Channel::Push, "Payment received", "15,997.00 CNY for your order order-1"),
        ("order_confirmed", Channel::Email, "order-1 is confirmed", "2 x iPhone 15"),
        ("order_cancelled", Channel::Email, "order-2 is cancelled", "there is not enough in stock"),
        ("shipment_dispatched", Channel::Email, "on its way", "SIM-1"),
        ("payment_refunded", Channel::Email, "Refund", "6,999.00 CNY"),
    ];
    expect(&house, "en", &english).await;

    // The same again in Chinese: other events, so other messages.
    let before = house.files();
    house.process.stop().await;
    std::fs::remove_dir_all(house.process.config().data_dir.join("mail")).expect("files");
    house.process.restart().await;
    house.watch = house.process.watch("events.notification.>").await;
    shop(&house, "zh-CN").await;
    let chinese = [
        ("order_placed", Channel::Email, "我们已收到您的订单 order-1", "合计：15,997.00 CNY"),
        ("order_placed", Channel::Sms, "", "已收到订单 order-1，金额 15,997.00 CNY"),
        ("inventory_reserved", Channel::Email, "商品齐备", "PROD-001 × 2"),
        ("inventory_reservation_failed", Channel::Email, "无法完成", "订购 100 件，库存 50 件"),
        ("payment_completed", Channel::Push, "付款成功", "已付款 15,997.00 CNY"),
        ("order_confirmed", Channel::Email, "已确认", "iPhone 15 × 2"),
        ("order_cancelled", Channel::Email, "已取消", "库存不足"),
        ("shipment_dispatched", Channel::Email, "已发货", "SIM-1"),
        ("payment_refunded", Channel::Email, "退款", "6,999.00 CNY"),
    ];
    expect(&house, "zh", &chinese).await;
    assert!(before.is_disjoint(&house.files()));

    let of_order = ListNotificationsRequest { order_id: "order-2".into(), ..ListNotificationsRequest::default() };
    let templates: BTreeSet<String> = house.list(of_order).await.into_iter().map(|it| it.template).collect();
    assert_eq!(templates, ["inventory_reservation_failed", "order_cancelled"].map(str::to_owned).into());
}

async fn each_message_of_the_fitness_business_arrives_in_english_and_chinese(database: Database) {
    let house = House::start(database).await;
    // These events bring no contact: what the users service said of the user is known.
    for (user_id, locale, text) in [("user-en", "en", "Your account is user-en"), ("user-zh", "zh", "您的账号是 user-zh")] {
        let user = || user_id.to_owned();
        let registered =
            UserRegistered { user_id: user(), name: "Ada".into(), contact: Some(contact(locale)), ..UserRegistered::default() };
        house.process.emit("users", registered).await;
        let (_, welcome) = {
            testkit::eventually(testkit::SOON, || async {
                let welcomes = house.all_sent().into_iter();
                welcomes.into_iter().find(|it| it.template == "user_registered" && it.user_id == user_id)
            })
            .await;
            let of_user = ListNotificationsRequest { user_id: user(), ..ListNotificationsRequest::default() };
            ((), house.list(of_user).await.remove(0))
        };
        assert!(welcome.message.contains(text), "{welcome:?}");
        known(&house, user_id).await;
        let started =
            WorkoutStarted { user_id: user(), workout_id: format!("w-{user_id}"), r#type: "running".into(), ..WorkoutStarted::default() };
        house.process.emit("workouts", started).await;
        house.process.emit("users", GoalAchieved { user_id: user(), goal_id: "goal-1".into(), ..GoalAchieved::default() }).await;
        let unlocked = AchievementUnlocked {
            user_id: user(),
            achievement_id: "first-steps".into(),
            achievement_name: "First steps".into(),
            icon: "🏅".into(),
            ..AchievementUnlocked::default()
        };
        house.process.emit("achievements", unlocked).await;
    }
    testkit::eventually(testkit::SOON, || async { (house.all_sent().len() == 8).then_some(()) }).await;
    house.settled().await;
    assert_eq!((house.files().len(), house.all_failed().len()), (8, 0));
    for (user_id, titles) in
        [("user-en", ["Workout started", "Goal achieved", "Achievement unlocked"]), ("user-zh", ["训练开始", "目标达成", "解锁成就"])]
    {
        let of_user =
            ListNotificationsRequest { user_id: user_id.into(), channel: Channel::Push.into(), ..ListNotificationsRequest::default() };
        let shown = house.list(of_user).await;
        let said: BTreeSet<&str> = shown.iter().map(|it| it.title.as_str()).collect();
        assert_eq!(said, titles.into());
        let unlocked = shown.iter().find(|it| it.template == "achievement_unlocked").expect("one of them");
        assert!(house.file(unlocked).contains("Icon: 🏅"), "{}", house.file(unlocked));
    }
}

/// The contacts' consumer has heard of the user.
async fn known(house: &House, user_id: &str) {
    testkit::eventually(testkit::SOON, || async {
        (house.count(&format!("SELECT COUNT(*) AS count FROM preferences WHERE user_id = '{user_id}'")).await == 1).then_some(())
    })
    .await;
}

async fn the_first_form_of_an_order_is_told_too(database: Database) {
    let house = House::start(database).await;
    let old = contracts_orders::v1::OrderPlaced {
        order_id: "order-old".into(),
        user_id: "user-123".into(),
        contact: Some(contact("en")),
        items: items(),
        total: cny(1_599_700),
        ..Default::default()
    };
    house.process.emit("orders", old).await;
    let (_, shown) = house.sent("order_placed", Channel::Email).await;
    assert!(shown.message.contains("15,997.00 CNY") && shown.order_id == "order-old", "{shown:?}");
}

async fn what_has_no_template_is_told_to_nobody(database: Database) {
    let house = House::start(database).await;
    house.process.emit("inventory", StockChanged { product_id: "PROD-001".into(), delta: -1, ..StockChanged::default() }).await;
    // Undoing a charge that never was is no news either.
    house.process.emit("payments", PaymentRefunded { order_id: "order-1".into(), customer: customer("en"), ..Default::default() }).await;
    house.process.emit("orders", placed("order-1", Some(contact("en")))).await;
    house.sent("order_placed", Channel::Sms).await;
    let looked_at = "SELECT COUNT(*) AS count FROM positions WHERE consumer = 'notifications-mail' AND source IN ('inventory', 'payments')";
    testkit::eventually(testkit::SOON, || async { (house.count(looked_at).await == 2).then_some(()) }).await;
    house.settled().await;
    assert_eq!(house.count("SELECT COUNT(*) AS count FROM notifications").await, 2);
    assert!(house.process.dead_letters("notifications").await.is_empty());
}
