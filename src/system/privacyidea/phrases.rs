//! The texts that privacyIDEA translates, in the languages of its catalogues
//! (`privacyidea/translations/*/LC_MESSAGES/messages.po`, releases 3.10 to 3.13.3 and the commit in
//! [`super::SYSTEM`]): they reach the audit log, and the size of the answer, in the language that the client asks
//! for with `Accept-Language`.
//!
//! Never translated, and therefore looked for first: `Failcounter exceeded`, `Token is disabled`, `Outside validity
//! period`, the numbers `ERRnnn`, what `PyJWT` says behind the last colon, and most policies.

use std::borrow::Cow;

use crate::system::reply::{Languages, Phrase};

macro_rules! languages {
    ($($name:ident $bit:literal)*) => {
        $(const $name: Languages = Languages(1 << $bit);)*
    };
}

// As the catalogues are named. Two more, of Indonesian and Sinhala, have none of these texts.
languages! {
    CS 1
    DE 2
    ES 3
    FR 4
    IT 5
    LO 6
    NL 7
    PL 8
    PT 9
    PT_BR 10
    RO 11
    RU 12
    SK 13
    TA 14
    TR 15
    UK 16
    ZH_HANS 17
    ZH_HANT 18
}

macro_rules! phrases {
    ($($name:ident $english:literal [$($($language:ident)+ $translation:literal)*])*) => {
        $(pub(super) static $name: Phrase = Phrase {
            english: $english,
            translations: &[$((Languages::NONE$(.or($language))+, $translation)),*],
        };)*
        pub(super) static ALL: &[&Phrase] = &[$(&$name),*];
    };
}

/// A text of the audit log with what is translated in it in English.
pub(super) fn english(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for phrase in ALL {
        let found = phrase
            .translations
            .iter()
            .filter_map(|(_, t)| Some((t.len(), replaced(&text, t, phrase.english)?)));
        // A translation may be the beginning of another.
        if let Some((_, english)) = found.max_by_key(|(length, _)| *length) {
            text = Cow::Owned(english);
        }
    }
    text
}

/// `text` with `english` where it has `translation`.
fn replaced(text: &str, translation: &str, english: &str) -> Option<String> {
    let (head, tail) = translation.split_once("{}").unwrap_or((translation, ""));
    let from = text.find(head)?;
    let open = from + head.len();
    let close = open
        + if tail.is_empty() {
            0
        } else {
            text[open..].find(tail)?
        };
    let (english_head, english_tail) = english.split_once("{}").unwrap_or((english, ""));
    let (before, filled, after) = (
        &text[..from],
        &text[open..close],
        &text[close + tail.len()..],
    );
    Some(format!(
        "{before}{english_head}{filled}{english_tail}{after}"
    ))
}

phrases! {
    MISSING_HEADER "Authentication failure. Missing Authorization header." [
        CS "Chyba autentizace. Chybí hlavička Authorization."
        DE "Authentifizierungsfehler. Fehlender Authentifizierungsheader."
        ES "Fallo la autenticación. Falta el header de autenticación."
        FR "Échec de l'authentification. Entête Authorization manquant."
        FR "Échec de l'authentification. Entête Autorisation manquante."
        IT "Errore di autenticazione. Header di autorizzazione mancante."
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ບໍ່ມີ Authorization header."
        NL "Authenticatie mislukt. Ontbrekende autorisatie-header."
        PL "Błąd uwierzytelniania. Brak nagłówka Authorization."
        PL "Uwierzytelnianie nie powiodło się: brak nagłówka Authorization."
        PT PT_BR "Falha na autenticação. Cabeçalho de autorização pendente."
        RO "Autentificare eșuată. Lipsește antetul de autorizare."
        RU "Ошибка аутентификации. Отсутствует Authorization header."
        SK "Autentifikácia zlyhala. Chýbajúca autorizačná hlavička."
        TA "அங்கீகார தோல்வி. அங்கீகார தலைப்பு இல்லை."
        TR "Kimlik doğrulama hatası. Doğrulama bağlantısı eksik."
        UK "Помилка автентифікації. Відсутній заголовок авторизації."
        ZH_HANS "验证失败。缺少授权标头。"
        ZH_HANT "身份驗證失敗。缺少授權標頭。"
    ]
    DECODING "Authentication failure. Error decoding the Authorization token:" [
        CS "Chyba autentizace. Selhalo dekódování Vašeho tokenu:"
        DE "Authentifizierungsfehler. Fehler beim Entschlüsseln des Tokens:"
        FR "Échec de l'authentification. Erreur lors du décodage de l'autorisation du jeton :"
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ເກີດຂໍ້ຜິດພາດໃນການຖອດລະຫັດໂທເຄັນ Authorization:"
        NL "Authenticatie mislukt. Fout tijdens het decoderen van het authorisatie-token:"
        PL "Uwierzytelnianie nie powiodło się. Błąd dekodowania tokena z nagłówka Authorization:"
        RU "Ошибка аутентификации. Ошибка при декодировании токена авторизации:"
        SK "Autentifikácia zlyhala. Zlyhalo dekódovanie autorizačného tokenu:"
        TA "அங்கீகார தோல்வி. உங்கள் கிள்ளாக்கை டிகோடிங் செய்யும் போது பிழை:"
        UK "Помилка автентифікації. Помилка декодування маркера авторизації:"
        ZH_HANS "验证失败。解码令牌时出错："
    ]
    EXPIRED "Authentication failure. Your token has expired:" [
        CS "Chyba autentizace. Vašemu tokenu vypršela platnost:"
        DE "Authentifizierungsfehler. Der Token ist abgelaufen:"
        ES "Fallo la autenticación. El token ha expirado:"
        FR "Échec de l'authentification. Votre jeton a expiré :"
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ໂທເຄັນຂອງທ່ານໝົດອາຍຸແລ້ວ:"
        NL "Authenticatie mislukt. Je token is vervallen:"
        PL "Uwierzytelnianie nie powiodło się. Token wygasł:"
        RU "Ошибка аутентификации. Ваш токен истек:"
        SK "Autentifikácia zlyhala. Vášmu tokenu vypršala platnosť:"
        TA "அங்கீகார தோல்வி. உங்கள் கிள்ளாக்கு காலாவதியானது:"
        UK "Помилка автентифікації. Термін дії вашого маркера минув:"
        ZH_HANS "验证失败,因为您的令牌已过期:"
    ]
    ROLE "Authentication failure. You do not have the necessary role ({}) to access this resource!" [
        CS "Chyba autentizace. Nemáte potřebnou roli ({}) pro přístup ke zdroji!"
        DE "Authentifizierungsfehler. Sie haben nicht die nötige Rolle ({}), um auf die Ressource zuzugreifen!"
        ES "Fallo la autenticación. Usted no tiene el rol ({}) necesario para acceder al recurso!"
        FR "Échec de l'authentification. Vous n'avez pas le rôle requis ({}) pour accéder à cette ressource !"
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ທ່ານບໍ່ມີບົດບາດ ({}) ທີ່ຈຳເປັນເພື່ອເຂົ້າເຖິງຊັບພະຍາກອນນີ້!"
        NL "Authenticatie mislukt. Je hebt niet de juiste rol ({}) om toegang te krijgen tot deze bron!"
        PL "Uwierzytelnianie nie powiodło się. Dostęp do tego zasobu wymaga roli ({})!"
        RU "Ошибка аутентификации. У вас отсутствует необходимая роль ({}) для доступа к данному ресурсу!"
        SK "Autentifikácia zlyhala. Nemáte potrebnú rolu ({}) pre prístup k zdrojom!"
        TA "அங்கீகார தோல்வி. இந்த வளத்தை அணுக உங்களுக்கு தேவையான பங்கு ({}) இல்லை!"
        UK "Помилка автентифікації. Ви не маєте необхідної ролі ({}) для доступу до цього ресурсу!"
        ZH_HANS "验证失败。您没有访问此资源所需的角色（{}）！"
    ]
    IMPERSONATE "Authentication failure. The username {} is not allowed to impersonate via JWT." [
        CS "Chyba autentizace. Uživatelské jméno {} nelze impersonovat pomocí JWT."
        DE "Fehler bei der Authentifizierung. Der Benutzername {} ist nicht berechtigt mittels JWT zuzugreifen."
        ES "Fallo en la autenticación. El usuario {} no puede autenticarse vía JWT."
        FR "Échec de l'authentification. Le nom d'utilisateur {} n'est pas autorisé via JWT."
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ຊື່ຜູ້ໃຊ້ {} ບໍ່ໄດ້ຮັບອະນຸຍາດໃຫ້ສວມຮອຍຜ່ານ JWT."
        NL "Authenticatie mislukt. De gebruikersnaam {} mag zich niet verpersoonlijken via JWT."
        PL "Uwierzytelnianie nie powiodło się. Nazwy użytkownika {} nie można użyć do podszywania się przez JWT."
        RU "Ошибка аутентификации. Имя пользователя {} не имеет права на имперсонализацию через JWT."
        SK "Autentifikácia zlyhala. . Používateľské meno {} nie je možné stotožniť pomocou JWT."
        TA "அங்கீகார தோல்வி. {} கள் பயனர்பெயர் JWT வழியாக ஆள்மாறாட்டம் செய்ய அனுமதிக்கப்படவில்லை."
        UK "Помилка автентифікації. Ім’я користувача {} не може видавати себе за іншу особу через JWT."
        ZH_HANS "验证失败。用户名{}不允许通过JWT模拟。"
    ]
    WRONG_CREDENTIALS "Authentication failure. Wrong credentials" [
        CS "Chyba autentizace. Nesprávné přístupové údaje"
        DE "Authentifizierungsfehler. Falsche Login-Daten"
        ES "Fallo la autenticación. Credenciales incorrectas"
        FR "Échec de l'authentification. Identifiants invalides"
        IT "Errore di autenticazione. Credenziali errate"
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ຂໍ້ມູນຢືນຢັນຕົວຕົນບໍ່ຖືກຕ້ອງ"
        NL "Authenticatie mislukt. Foute aanmeldgegevens"
        PL "Błąd uwierzytelniania. Błędne dane logowania"
        PL "Uwierzytelnianie nie powiodło się: błędne dane logowania."
        PT PT_BR "Falha na autenticação. Credenciais incorretas"
        RO "Autentificare eșuată. Acreditări greșite"
        RU "Ошибка аутентификации. Неверная пара, логин и пароль"
        SK "Autentifikácia zlyhala. Zlé prihlasovacie údaje"
        TA "அங்கீகார தோல்வி. தவறான நற்சான்றிதழ்கள்"
        TR "Kimlik doğrulama hatası. Yanlış kimlik bilgileri"
        UK "Помилка автентифікації. Неправильні облікові дані"
        ZH_HANS "验证失败，凭证错误"
        ZH_HANT "身份驗證失敗。憑據錯誤"
    ]
    MISSING_USERNAME "Authentication failure. Missing Username" [
        CS "Chyba autentizace. Chybí uživatelské jméno"
        DE "Authentifizierungsfehler. Fehlender Benutzername"
        ES "Fallo la autenticación. Usuario no encontrado"
        FR "Échec de l'authentification. Nom d'utilisateur manquant"
        IT "Errore di autenticazione. Username mancante"
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ບໍ່ມີຊື່ຜູ້ໃຊ້"
        NL "Authenticatie mislukt. Ontbrekende gebruikersnaam"
        PL "Błąd uwierzytelniania. Brak nazwy użytkownika"
        PL "Uwierzytelnianie nie powiodło się: brak nazwy użytkownika."
        PT "Falha na autenticação. Utilizador ausente"
        PT_BR "Falha na autenticação. Usuário ausente"
        RO "Autentificare eșuată. Numele de utilizator lipsește"
        RU "Ошибка аутентификации. Отсутствует имя пользователя"
        SK "Autentifikácia zlyhala. Chýbajúce meno"
        TA "அங்கீகார தோல்வி. பயனர்பெயர் காணவில்லை"
        TR "Kimlik doğrulama hatası. Kullanıcı Adı Eksik"
        UK "Помилка автентифікації. Відсутнє ім'я користувача"
        ZH_HANS "验证失败,缺少用户名"
        ZH_HANT "身份驗證失敗。缺少使用者名"
    ]
    UNKNOWN_REALM "Authentication failure. Unknown realm:" [
        CS "Chyba autentizace. Neznámý realm:"
        DE "Authentifizierungsfehler. Unbekannter Realm:"
        ES "Fallo en la autenticación. Dominio desconocido:"
        FR "Échec de l'authentification. Domaine inconnu :"
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ບໍ່ຮູ້ຈັກເຣມ:"
        NL "Authenticatie mislukt. Onbekende realm:"
        PL "Uwierzytelnianie nie powiodło się. Nieznana domena:"
        RU "Ошибка аутентификации. Неизвестный домен:"
        SK "Autentifikácia zlyhala. Neznáma doména:"
        TA "அங்கீகார தோல்வி. அறியப்படாத சாம்ராச்யம்:"
        UK "Помилка автентифікації. Невідома область:"
        ZH_HANS "验证失败,未知的域:"
    ]
    TIME_LIMIT "Authentication failure. The account has exceeded the authentication time limit!" [
        DE "Authentisierung fehlgeschlagen. Der Account hat das Zeitlimit für Authentisierungen überschritten!"
        FR "Echec Authentification. Le compte a atteint la durée maximale pour l'authentification !"
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ບັນຊີນີ້ໄດ້ເກີນກຳນົດເວລາຢືນຢັນຕົວຕົນແລ້ວ!"
        PL "Uwierzytelnianie nie powiodło się. Dla konta przekroczono limit uwierzytelnień w określonym czasie!"
        RU "Ошибка аутентификации. Превышен лимит времени на аутентификацию для аккаунта!"
        SK "Autentifikácia zlyhala. Účtu vypršal časový limit pre autentifikáciu!"
        UK "Помилка автентифікації. Обліковий запис перевищив ліміт часу автентифікації!"
    ]
    PASSKEY_UNREGISTERED "Authentication failure. The passkey is not registered." [
        DE "Authentifizierungsfehler. Der Passkey ist nicht registriert."
        FR "Échec de l'authentification. La clé d'accès n'est pas enregistrée."
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ແພສຄີນີ້ບໍ່ໄດ້ລົງທະບຽນໄວ້."
        NL "Authenticatie mislukt. De passkey is niet geregistreerd."
        PL "Uwierzytelnianie nie powiodło się. Klucz dostępu nie jest zarejestrowany."
        PT "Falha na autenticação. Utilizador ausente."
        PT_BR "Falha na autenticação. Usuário ausente."
        RU "Ошибка аутентификации. Passkey не зарегистрирован."
        SK "Autentifikácia zlyhala. Passkey nie je registrované."
        TA "அங்கீகார தோல்வி. பாச்கி பதிவு செய்யப்படவில்லை."
        UK "Помилка автентифікації. Ключ доступу не зареєстрований."
        ZH_HANS "验证失败,通行密钥未注册。"
    ]
    PASSKEY_FAILED "Authentication failure using passkey." [
        DE "Authentifizierungsfehler mit Passkey."
        FR "Échec de l'authentification en utilisant la clé d'accès."
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດໂດຍໃຊ້ແພສຄີ."
        NL "Authenticatie mislukt met passkey."
        PL "Uwierzytelnianie kluczem dostępu nie powiodło się."
        PT "Falha na autenticação. Utilizador ausente."
        PT_BR "Falha na autenticação. Usuário ausente."
        RU "Ошибка аутентификации при использовании passkey."
        SK "Autentifikácia passkey zlyhala."
        TA "பாச்கியைப் பயன்படுத்தி அங்கீகார தோல்வி."
        UK "Помилка автентифікації за допомогою ключа доступу."
    ]
    PASSKEY_OFF "Authentication with passkey disabled." [
        DE "Authentisierung mit Passkey ist deaktiviert."
        ES "Autenticación con clave de acceso deshabilitada"
        FR "Authentification avec clé d'accès désactivée."
        LO "ການຢືນຢັນຕົວຕົນດ້ວຍແພສຄີຖືກປິດໄວ້."
        NL "Authenticatie met passkey uitgeschakeld."
        PL "Uwierzytelnianie kluczem dostępu jest wyłączone."
        PT "Autenticação com passkey foi desativada."
        PT_BR "Autenticação com senha (palavra-passe) foi desativada."
        RU "Аутентификация с использованием passkey отключена."
        SK "Autentifikácia cez passkey je vypnutá."
        TA "பாச்கி முடக்கப்பட்ட ஏற்பு."
        UK "Автентифікація з вимкненим паролем."
        ZH_HANS "禁用通行密钥认证。"
    ]
    TOKEN_TYPE "Authentication failure. The token type {} is disabled." [
        DE "Authentisierung fehlgeschlagen. Der Tokentyp {} ist deaktiviert."
        FR "Echec authentification. Le type de jeton {} est désactivé."
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ໂທເຄັນປະເພດ {} ຖືກປິດໄວ້."
        PL "Uwierzytelnianie nie powiodło się. Typ tokena {} jest wyłączony."
        PT "Falha de autenticação. O tipo de token {} está desativado."
        RU "Ошибка аутентификации. Тип токена {} отключен."
        SK "Autentifikácia zlyhala. Token typu {} je vypnutý."
        UK "Помилка автентифікації. Тип токена {} вимкнено."
    ]
    NO_USER "Authentication failure. Token has no user." [
        DE "Authentifizierungsfehler. Der Token ist keinem Benutzer zugewiesen."
        FR "Échec de l'authentification. Le jeton n'a pas d'utilisateur."
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ໂທເຄັນບໍ່ມີຜູ້ໃຊ້ງານ."
        NL "Authenticatie mislukt. Het token heeft geen gebruiker."
        PL "Uwierzytelnianie nie powiodło się. Do tokena nie przypisano użytkownika."
        PT "Falha de autenticação. O Token não tem nenhum utilizador."
        RU "Ошибка аутентификации. Токен не привязан к пользователю."
        SK "Autentifikácia zlyhala. Tokenu nie je priradený používateľ."
        TA "அங்கீகார தோல்வி. உங்கள் கிள்ளாக்கு காலாவதியானது."
        UK "Помилка автентифікації. Токен не має користувача."
        ZH_HANS "验证失败,因为您的令牌无对应用户。"
    ]
    LAST_AUTH "Authentication failure. Last authentication policy check failed for token {}" [
        DE "Authentisierung fehlgeschlagen. Richtlinienüberprüfung für die letzte Authentisierung des Token {} fehlgeschlagen"
        FR "Echec authentification. La dernière vérification de la politique d'authentification a échoué pour le jeton {}"
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ. ການກວດສອບນະໂຍບາຍການຢືນຢັນຕົວຕົນຄັ້ງຫຼ້າສຸດສຳລັບໂທເຄັນ {} ບໍ່ສຳເລັດ"
        PL "Uwierzytelnianie nie powiodło się. Token {} nie spełnia polityki ostatniego uwierzytelnienia."
        RU "Ошибка аутентификации. Последняя попытка проверки политики аутентификации неудачна для токена {}"
        SK "Autentifikácia zlyhala. Posledná kontrola pravidiel overovania zlyhala pre token {}"
        UK "Помилка автентифікації. Остання перевірка політики автентифікації для токена {} не вдалася"
    ]
    API_KEY "Authentication failure. A valid API key is required." [
    ]
    WRONG_PIN "wrong otp pin" [
        CS "nesprávný PIN"
        DE "falsche OTP-Pin"
        FR "mauvais pin otp"
        LO "otp pin ບໍ່ຖືກຕ້ອງ"
        NL "foute otp pin"
        PL "Błędny PIN tokena"
        TA "தவறான OTP முள்"
        UK "неправильний otp-пін"
    ]
    WRONG_OTP "wrong otp value" [
        CS "jednorázový kód není správný"
        DE "falscher OTP-Wert"
        FR "mauvaise valeur otp"
        LO "ຄ່າ otp ບໍ່ຖືກຕ້ອງ"
        NL "verkeerde otp-waarde"
        PL "Błędny kod OTP"
        TA "தவறான OTP மதிப்பு"
        UK "неправильне значення otp"
    ]
    NO_TOKENS "The user has no tokens assigned" [
        CS "Uživatel nemá žádné tokeny"
        DE "Dem Benutzer sind keine Token zugewiesen"
        FR "L'utilisateur n'a pas de jeton assigné"
        IT "L'utente non ha token assegnati"
        LO "ຜູ້ໃຊ້ບໍ່ມີໂທເຄັນມອບໝາຍ"
        NL "De gebruiker heeft geen toegewezen token"
        PL "Użytkownik nie ma przypisanych tokenów"
        RU "У пользователя нет назначенных токенов"
        TA "பயனருக்கு டோக்கன்கள் ஒதுக்கப்படவில்லை"
        UK "Користувач не має призначених токенів"
        ZH_HANS "用户没有分配到令牌"
    ]
    NO_MATCH "Response did not match the challenge." [
        CS "Odpověď neodpovídá výzvě."
        DE "Die Antwort passt nicht zur Challenge."
        FR "La réponse ne correspond pas au challenge."
        LO "ຄຳຕອບບໍ່ກົງກັບແຊລເລນຈ໌."
        NL "Antwoord kwam niet overeen met de challenge."
        PL "Odpowiedź nie pasuje do wyzwania."
        TA "பதில் சவாலுடன் பொருந்தவில்லை."
        UK "Відповідь не відповідала виклику."
    ]
    NO_MATCHES "Response did not match for {} tokens." [
        CS "Odpověď neodpovídá žádnému z {} tokenů."
        DE "Die Antwort stimmte für {} Token nicht überein."
        FR "La réponse ne correspond pas pour {} jetons."
        LO "ຄຳຕອບບໍ່ກົງສຳລັບ {} ໂທເຄັນ."
        NL "Antwoord kwam niet overeen voor {} tokens."
        PL "Odpowiedź nie pasuje do wyzwania dla {} tokenów."
        TA "பதில் {} டோக்கன்களுக்கு பொருந்தவில்லை."
        UK "Відповідь не збігається для {} маркерів."
    ]
    ENTER_OTP "please enter otp: " [
        CS "prosím vložte jednorázový kód: "
        DE "Bitte geben Sie einen OTP-Wert ein: "
        ES "por favor ingrese otp: "
        FR "Veuillez saisir votre otp : "
        FR "Veuillez saisir votre otp : "
        LO "ກະລຸນາປ້ອນ otp: "
        NL "geef otp: "
        PL "Wprowadź kod OTP: "
        PT PT_BR "por favor, digite otp: "
        TA "தயவுசெய்து OTP ஐ உள்ளிடவும்: "
        TR "lütfen otp girin: "
        UK "будь ласка, введіть otp: "
        ZH_HANS "请输入otp： "
        ZH_HANT "請輸入 otp： "
    ]
    NO_SUCH_TOKEN "The requested token could not be found." [
        CS "Požadovaný token nebyl nalezen."
        DE "Der gesuchte Token wurde nicht gefunden."
        FR "Le jeton demandé n'a pas pu être trouvé."
        LO "ບໍ່ພົບໂທເຄັນທີ່ຕ້ອງການ."
        NL "Het gevraagde token kon niet gevonden worden."
        PL "Nie znaleziono żądanego tokena."
        TA "கோரப்பட்ட டோக்கனைக் கண்டுபிடிக்க முடியவில்லை."
        UK "Запитуваний маркер не знайдено."
    ]
    NOT_ITS_SERIAL "Given serial does not belong to given user!" [
        DE "Angegebene Seriennummer ist dem Benutzer nicht zugeordnet!"
        LO "ເລກຊີຣຽນທີ່ໃຫ້ມາບໍ່ໄດ້ເປັນຂອງຜູ້ໃຊ້ທີ່ກຳນົດໄວ້!"
        PL "Podany numer seryjny nie należy do wskazanego użytkownika!"
    ]
    REFILL "Token is not an offline token or refill token is incorrect" [
        DE "Der Token ist kein Offline-Token oder der Refill-Token ist inkorrekt"
        LO "ໂທເຄັນບໍ່ແມ່ນໂທເຄັນແບບອອບໄລນ໌ ຫຼື ໂທເຄັນຣີຟິວບໍ່ຖືກຕ້ອງ"
        PL "Token nie jest tokenem offline albo token uzupełniający jest nieprawidłowy"
    ]
    UNAVAILABLE "The authentication method is not available." [
        DE "Die Authentisierungsmethode ist nicht verfügbar."
        LO "ວິທີການຢືນຢັນຕົວຕົນນີ້ບໍ່ສາມາດໃຊ້ໄດ້."
        PL "Ta metoda uwierzytelniania jest niedostępna."
    ]
    AGAIN ". previous otp used again" [
        CS ". Jednorázový kód byl použit dvakrát"
        DE "früherer OTP-Wert wieder verwendet"
        FR ". otp précédent encore utilisé"
        LO ". otp ກ່ອນໜ້ານີ້ຖືກໃຊ້ງານອີກຄັ້ງ"
        NL ". vorige otp opnieuw gebruikt"
        PL ". Ponownie użyto poprzedniego kodu OTP"
        TA ". முந்தைய OTP மீண்டும் பயன்படுத்தப்பட்டது"
        UK ". попередній otp використано знову"
    ]
    NO_CHALLENGE "No active challenge response token found" [
        CS "Nebyl nalezen žádný aktivní token na bázi výzva-odpověď"
        DE "Kein aktiver Challenge-Response Token gefunden"
        FR "Aucun jeton actif de réponse de challenge trouvé"
        LO "ບໍ່ພົບໂທເຄັນແຊລເລນຈ໌ຄຳຕອບທີ່ໃຊ້ງານຢູ່"
        NL "Geen actief challenge response token gevonden"
        PL "Nie znaleziono aktywnego tokena obsługującego odpowiedź na wyzwanie"
        TA "செயலில் அறைகூவல் மறுமொழி கிள்ளாக்கு கிடைக்கவில்லை"
        UK "Жетона активної відповіді на виклик не знайдено"
    ]
    UNFIT "Challenge matches, but token is not fit for challenge" [
        CS "Výzva odpovídá, ale token neodpovídá výzvě"
        DE "Challenge stimmt überein aber der Token ist nicht für Challenge-Response geeignet"
        FR "Challenge correspondant, mais le jeton n'est pas compatible pour le challenge"
        LO "ແຊລເລນຈ໌ກົງກັນ, ແຕ່ໂທເຄັນບໍ່ເໝາະສົມສຳລັບແຊລເລນຈ໌"
        NL "Challenge komt overeen, maar token is niet geschikt voor challenge"
        PL "Znaleziono pasujące wyzwanie, ale token nie może go obsłużyć"
        TA "அறைகூவல் போட்டிகள், ஆனால் கிள்ளாக்கு சவாலுக்கு பொருந்தாது"
        UK "Виклик відповідає, але жетон не підходить для виклику"
    ]
    NOT_VERIFIED "OTP verification failed." [
        CS "Ověření jednorázového kódu selhalo."
        DE "OTP-Überprüfung fehlgeschlagen."
        FR "Echec de vérification OTP."
        LO "ການຢືນຢັນ OTP ລົ້ມເຫຼວ."
        NL "OTP-verificatie mislukt."
        PL "Weryfikacja kodu OTP nie powiodła się."
        TA "OTP சரிபார்ப்பு தோல்வியடைந்தது."
        UK "Не вдалося перевірити OTP."
    ]
    UNSPECIFIC "Authentication failed." [
        DE "Authentisierung fehlgeschlagen."
        LO "ການຢືນຢັນຕົວຕົນຜິດພາດ."
        PL "Uwierzytelnianie nie powiodło się."
        ZH_HANS "验证失败。"
    ]
}

#[cfg(test)]
mod tests {
    use super::{ALL, english};

    #[test]
    fn translations_are_read_as_english() {
        for (said, expected) in [
            (
                "loginmode=None,Authentifizierungsfehler. Falsche Login-Daten",
                "loginmode=None,Authentication failure. Wrong credentials",
            ),
            ("mauvais pin otp", "wrong otp pin"),
            (
                ",Fallo la autenticación. Falta el header de autenticación.",
                ",Authentication failure. Missing Authorization header.",
            ),
            ("Token is disabled", "Token is disabled"),
        ] {
            assert_eq!(english(said), expected);
        }
    }

    // Some catalogues say the same of two texts, or nearly so.
    #[test]
    fn every_translation_is_known() {
        for phrase in ALL {
            for (_, translation) in phrase.translations {
                let read = english(translation);
                let alike = ALL.iter().filter(|p| {
                    p.translations
                        .iter()
                        .any(|(_, t)| translation.starts_with(t))
                });
                assert!(
                    alike.map(|p| p.english).any(|text| read.starts_with(text)),
                    "{translation}: {read}"
                );
            }
            assert_eq!(english(phrase.english), phrase.english);
        }
    }
}
