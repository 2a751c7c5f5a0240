//! Language, colours, and who the user is.

use leptos::prelude::*;

use super::desk::PaneHead;
use super::moving;
use super::settings_lock::LockSection;
use super::settings_notifications::Notifications;
use super::settings_privacy::PrivacySettings;
use super::settings_storage::{InstallSection, StorageSection};
use crate::components::switches::{LanguageSwitch, ThemeSwitch};
use crate::i18n::t;
use crate::line;
use crate::state::{Profile, state};
use crate::text::relay_name;

/// The settings.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let state = state();
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead>
                <h1 id="screen-heading" tabindex="-1">{t("settings-heading")}</h1>
            </PaneHead>
            <div class="page-body">
                <section class="sheet">
                    <h2>{t("settings-profile")}</h2>
                    {move || identity(state.profile().get())}
                </section>
                <section class="sheet">
                    <h2>{t("settings-look")}</h2>
                    <LanguageSwitch/>
                    <ThemeSwitch/>
                </section>
                {match line::hooks() {
                    Some(hooks) => (hooks.settings)(),
                    None => view! { <Notifications/> }.into_any(),
                }}
                <PrivacySettings/>
                <LockSection/>
                <StorageSection/>
                <InstallSection/>
                {line::hooks().is_none().then(moving::section)}
            </div>
        </article>
    }
}

fn identity(profile: Profile) -> AnyView {
    let Profile::Known(profile) = profile else {
        return ().into_any();
    };
    view! {
        <dl class="facts">
            <dt>{t("settings-name")}</dt>
            <dd><bdi>{profile.name}</bdi></dd>
            <dt>{t("settings-id")}</dt>
            <dd class="kuvert-id">{profile.kuvert_id}</dd>
            <dt>{t("settings-relay")}</dt>
            <dd>{relay_name(&profile.relay).to_owned()}</dd>
        </dl>
    }
    .into_any()
}
