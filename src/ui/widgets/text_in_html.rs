//! Lets a text of the catalogue be used in `html!` like a string.

use yew::html::{ImplicitClone, IntoPropValue};
use yew::prelude::{AttrValue, Html};

use crate::lab::i18n::Text;

impl ImplicitClone for Text {}

impl IntoPropValue<AttrValue> for Text {
    fn into_prop_value(self) -> AttrValue {
        AttrValue::Static(self.get())
    }
}

impl IntoPropValue<Option<AttrValue>> for Text {
    fn into_prop_value(self) -> Option<AttrValue> {
        Some(AttrValue::Static(self.get()))
    }
}

impl IntoPropValue<Html> for Text {
    fn into_prop_value(self) -> Html {
        Html::from(self.get())
    }
}

impl From<Text> for AttrValue {
    fn from(text: Text) -> Self {
        AttrValue::Static(text.get())
    }
}
