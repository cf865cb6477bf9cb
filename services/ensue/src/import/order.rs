//! A basket as an order: who, where to, paid with what. All of it follows from the basket's id and the seed, so that the same import asks the same again.

use contracts::orders::v1::{OrderItem, PaymentDetails, PlaceOrderRequest};
use contracts::types::v1::{Address, Contact};

use super::baskets::Basket;

/// So many people share all baskets.
const CUSTOMERS: u64 = 500;

/// How baskets become orders.
#[derive(Debug)]
pub struct Recipe {
    pub prefix: String,
    pub seed: u64,
    /// Tokens with their weights; never empty, and the weights not all 0.
    pub methods: Vec<Method>,
}

/// A payment token, and how many of so many orders pay with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    pub token: String,
    pub weight: u64,
}

impl std::str::FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (token, weight) = text.split_once('=').unwrap_or((text, "1"));
        let weight = weight.parse().ok().filter(|weight| (1..=1_000_000).contains(weight));
        match (token, weight) {
            ("", _) | (_, None) => Err("expected a token, or token=weight with a weight from 1".to_owned()),
            (token, Some(weight)) => Ok(Self { token: token.to_owned(), weight }),
        }
    }
}

impl Recipe {
    /// The order's id, and the request's.
    pub fn id(&self, basket: &Basket) -> String {
        format!("{}-{}", self.prefix, basket.id)
    }

    /// The order of a basket.
    pub fn order(&self, basket: &Basket) -> PlaceOrderRequest {
        let id = self.id(basket);
        let mut chance = fastrand::Rng::with_seed(self.seed ^ fnv(&basket.id));
        let customer = chance.u64(1..=CUSTOMERS);
        let locale = if chance.bool() { "en" } else { "zh-CN" };
        let item =
            |(product, quantity): &(String, i32)| OrderItem { product_id: product.clone(), quantity: *quantity, ..OrderItem::default() };
        PlaceOrderRequest {
            order_id: id.clone(),
            user_id: format!("customer-{customer}"),
            contact: Some(Contact {
                email: format!("customer-{customer}@example.com"),
                phone: format!("+861380000{customer:04}"),
                locale: locale.to_owned(),
                device_token: format!("device-{customer}"),
            }),
            items: basket.lines.iter().map(item).collect(),
            shipping_address: Some(Address {
                recipient: format!("Customer {customer}"),
                lines: vec![format!("{} Market Street", chance.u64(1..=200))],
                city: "Shanghai".to_owned(),
                region: String::new(),
                postal_code: "200000".to_owned(),
                country: "CN".to_owned(),
            }),
            payment: Some(PaymentDetails { method: "card".to_owned(), token: self.token(&mut chance) }),
            request_id: Some(id),
        }
    }

    fn token(&self, chance: &mut fastrand::Rng) -> String {
        let mut drawn = chance.u64(0..self.methods.iter().map(|method| method.weight).sum::<u64>().max(1));
        for method in &self.methods {
            match drawn.checked_sub(method.weight) {
                Some(rest) => drawn = rest,
                None => return method.token.clone(),
            }
        }
        String::new()
    }
}

/// FNV-1a: the same on every machine, today and next year.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(seed: u64, methods: &[&str]) -> Recipe {
        Recipe { prefix: "p".to_owned(), seed, methods: methods.iter().map(|text| text.parse().unwrap()).collect() }
    }

    fn basket(id: usize) -> Basket {
        Basket { id: id.to_string(), lines: vec![("milk".to_owned(), 2)] }
    }

    #[test]
    fn the_same_basket_is_the_same_request_again() {
        let methods = ["tok_ok=18", "tok_declined"];
        assert_eq!(recipe(1, &methods).order(&basket(7)), recipe(1, &methods).order(&basket(7)));
        assert_eq!(recipe(1, &methods).order(&basket(7)).request_id.unwrap(), "p-7");
    }

    #[test]
    fn tokens_are_drawn_by_weight() {
        let recipe = recipe(1, &["tok_ok=9", "tok_declined=1"]);
        let declined = (0..1_000).filter(|id| recipe.order(&basket(*id)).payment.unwrap().token == "tok_declined").count();
        assert!((60..140).contains(&declined), "{declined}");
    }

    #[test]
    fn a_weight_is_a_number_from_one() {
        for wrong in ["", "=1", "tok_ok=", "tok_ok=0", "tok_ok=x"] {
            assert!(wrong.parse::<Method>().is_err(), "{wrong}");
        }
    }
}
