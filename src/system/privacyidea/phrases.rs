//! The texts that privacyIDEA translates, in the languages of its catalogues
//! (`privacyidea/translations/*/LC_MESSAGES/messages.po`, releases 3.10 to 3.13.3 and the commit in
//! [`super::SYSTEM`]): they reach the audit log, and the size of the answer, in the language that the client asks
//! for with `Accept-Language`.
//!
//! Never translated, and therefore looked for first: `Failcounter exceeded`, `Token is disabled`, `Outside validity
//! period`, the numbers `ERRnnn`, what `PyJWT` says behind the last colon, and most policies.

use std::borrow::Cow;

use crate::system::reply::Phrase;

macro_rules! phrases {
    ($($name:ident $english:literal [$($translation:literal)*])*) => {
        $(pub(super) static $name: Phrase = Phrase {
            english: $english,
            translations: &[$($translation),*],
        };)*
        static ALL: &[&Phrase] = &[$(&$name),*];
    };
}

/// A text of the audit log with what is translated in it in English.
pub(super) fn english(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for phrase in ALL {
        let found = phrase
            .translations
            .iter()
            .filter_map(|t| Some((t.len(), replaced(&text, t, phrase.english)?)));
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
        "Chyba autentizace. Chybí hlavička Authorization." // cs
        "Authentifizierungsfehler. Fehlender Authentifizierungsheader." // de
        "Fallo la autenticación. Falta el header de autenticación." // es
        "Échec de l'authentification. Entête Authorization manquant." // fr
        "Échec de l'authentification. Entête Autorisation manquante." // fr
        "Errore di autenticazione. Header di autorizzazione mancante." // it
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ບໍ່ມີ Authorization header." // lo
        "Authenticatie mislukt. Ontbrekende autorisatie-header." // nl
        "Błąd uwierzytelniania. Brak nagłówka Authorization." // pl
        "Uwierzytelnianie nie powiodło się: brak nagłówka Authorization." // pl
        "Falha na autenticação. Cabeçalho de autorização pendente." // pt pt_BR
        "Autentificare eșuată. Lipsește antetul de autorizare." // ro
        "Ошибка аутентификации. Отсутствует Authorization header." // ru
        "Autentifikácia zlyhala. Chýbajúca autorizačná hlavička." // sk
        "அங்கீகார தோல்வி. அங்கீகார தலைப்பு இல்லை." // ta
        "Kimlik doğrulama hatası. Doğrulama bağlantısı eksik." // tr
        "Помилка автентифікації. Відсутній заголовок авторизації." // uk
        "验证失败。缺少授权标头。" // zh_Hans
        "身份驗證失敗。缺少授權標頭。" // zh_Hant
    ]
    DECODING "Authentication failure. Error decoding the Authorization token:" [
        "Chyba autentizace. Selhalo dekódování Vašeho tokenu:" // cs
        "Authentifizierungsfehler. Fehler beim Entschlüsseln des Tokens:" // de
        "Échec de l'authentification. Erreur lors du décodage de l'autorisation du jeton :" // fr
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ເກີດຂໍ້ຜິດພາດໃນການຖອດລະຫັດໂທເຄັນ Authorization:" // lo
        "Authenticatie mislukt. Fout tijdens het decoderen van het authorisatie-token:" // nl
        "Uwierzytelnianie nie powiodło się. Błąd dekodowania tokena z nagłówka Authorization:" // pl
        "Ошибка аутентификации. Ошибка при декодировании токена авторизации:" // ru
        "Autentifikácia zlyhala. Zlyhalo dekódovanie autorizačného tokenu:" // sk
        "அங்கீகார தோல்வி. உங்கள் கிள்ளாக்கை டிகோடிங் செய்யும் போது பிழை:" // ta
        "Помилка автентифікації. Помилка декодування маркера авторизації:" // uk
        "验证失败。解码令牌时出错：" // zh_Hans
    ]
    EXPIRED "Authentication failure. Your token has expired:" [
        "Chyba autentizace. Vašemu tokenu vypršela platnost:" // cs
        "Authentifizierungsfehler. Der Token ist abgelaufen:" // de
        "Fallo la autenticación. El token ha expirado:" // es
        "Échec de l'authentification. Votre jeton a expiré :" // fr
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ໂທເຄັນຂອງທ່ານໝົດອາຍຸແລ້ວ:" // lo
        "Authenticatie mislukt. Je token is vervallen:" // nl
        "Uwierzytelnianie nie powiodło się. Token wygasł:" // pl
        "Ошибка аутентификации. Ваш токен истек:" // ru
        "Autentifikácia zlyhala. Vášmu tokenu vypršala platnosť:" // sk
        "அங்கீகார தோல்வி. உங்கள் கிள்ளாக்கு காலாவதியானது:" // ta
        "Помилка автентифікації. Термін дії вашого маркера минув:" // uk
        "验证失败,因为您的令牌已过期:" // zh_Hans
    ]
    ROLE "Authentication failure. You do not have the necessary role ({}) to access this resource!" [
        "Chyba autentizace. Nemáte potřebnou roli ({}) pro přístup ke zdroji!" // cs
        "Authentifizierungsfehler. Sie haben nicht die nötige Rolle ({}), um auf die Ressource zuzugreifen!" // de
        "Fallo la autenticación. Usted no tiene el rol ({}) necesario para acceder al recurso!" // es
        "Échec de l'authentification. Vous n'avez pas le rôle requis ({}) pour accéder à cette ressource !" // fr
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ທ່ານບໍ່ມີບົດບາດ ({}) ທີ່ຈຳເປັນເພື່ອເຂົ້າເຖິງຊັບພະຍາກອນນີ້!" // lo
        "Authenticatie mislukt. Je hebt niet de juiste rol ({}) om toegang te krijgen tot deze bron!" // nl
        "Uwierzytelnianie nie powiodło się. Dostęp do tego zasobu wymaga roli ({})!" // pl
        "Ошибка аутентификации. У вас отсутствует необходимая роль ({}) для доступа к данному ресурсу!" // ru
        "Autentifikácia zlyhala. Nemáte potrebnú rolu ({}) pre prístup k zdrojom!" // sk
        "அங்கீகார தோல்வி. இந்த வளத்தை அணுக உங்களுக்கு தேவையான பங்கு ({}) இல்லை!" // ta
        "Помилка автентифікації. Ви не маєте необхідної ролі ({}) для доступу до цього ресурсу!" // uk
        "验证失败。您没有访问此资源所需的角色（{}）！" // zh_Hans
    ]
    IMPERSONATE "Authentication failure. The username {} is not allowed to impersonate via JWT." [
        "Chyba autentizace. Uživatelské jméno {} nelze impersonovat pomocí JWT." // cs
        "Fehler bei der Authentifizierung. Der Benutzername {} ist nicht berechtigt mittels JWT zuzugreifen." // de
        "Fallo en la autenticación. El usuario {} no puede autenticarse vía JWT." // es
        "Échec de l'authentification. Le nom d'utilisateur {} n'est pas autorisé via JWT." // fr
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ຊື່ຜູ້ໃຊ້ {} ບໍ່ໄດ້ຮັບອະນຸຍາດໃຫ້ສວມຮອຍຜ່ານ JWT." // lo
        "Authenticatie mislukt. De gebruikersnaam {} mag zich niet verpersoonlijken via JWT." // nl
        "Uwierzytelnianie nie powiodło się. Nazwy użytkownika {} nie można użyć do podszywania się przez JWT." // pl
        "Ошибка аутентификации. Имя пользователя {} не имеет права на имперсонализацию через JWT." // ru
        "Autentifikácia zlyhala. . Používateľské meno {} nie je možné stotožniť pomocou JWT." // sk
        "அங்கீகார தோல்வி. {} கள் பயனர்பெயர் JWT வழியாக ஆள்மாறாட்டம் செய்ய அனுமதிக்கப்படவில்லை." // ta
        "Помилка автентифікації. Ім’я користувача {} не може видавати себе за іншу особу через JWT." // uk
        "验证失败。用户名{}不允许通过JWT模拟。" // zh_Hans
    ]
    WRONG_CREDENTIALS "Authentication failure. Wrong credentials" [
        "Chyba autentizace. Nesprávné přístupové údaje" // cs
        "Authentifizierungsfehler. Falsche Login-Daten" // de
        "Fallo la autenticación. Credenciales incorrectas" // es
        "Échec de l'authentification. Identifiants invalides" // fr
        "Errore di autenticazione. Credenziali errate" // it
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ຂໍ້ມູນຢືນຢັນຕົວຕົນບໍ່ຖືກຕ້ອງ" // lo
        "Authenticatie mislukt. Foute aanmeldgegevens" // nl
        "Błąd uwierzytelniania. Błędne dane logowania" // pl
        "Uwierzytelnianie nie powiodło się: błędne dane logowania." // pl
        "Falha na autenticação. Credenciais incorretas" // pt pt_BR
        "Autentificare eșuată. Acreditări greșite" // ro
        "Ошибка аутентификации. Неверная пара, логин и пароль" // ru
        "Autentifikácia zlyhala. Zlé prihlasovacie údaje" // sk
        "அங்கீகார தோல்வி. தவறான நற்சான்றிதழ்கள்" // ta
        "Kimlik doğrulama hatası. Yanlış kimlik bilgileri" // tr
        "Помилка автентифікації. Неправильні облікові дані" // uk
        "验证失败，凭证错误" // zh_Hans
        "身份驗證失敗。憑據錯誤" // zh_Hant
    ]
    MISSING_USERNAME "Authentication failure. Missing Username" [
        "Chyba autentizace. Chybí uživatelské jméno" // cs
        "Authentifizierungsfehler. Fehlender Benutzername" // de
        "Fallo la autenticación. Usuario no encontrado" // es
        "Échec de l'authentification. Nom d'utilisateur manquant" // fr
        "Errore di autenticazione. Username mancante" // it
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ບໍ່ມີຊື່ຜູ້ໃຊ້" // lo
        "Authenticatie mislukt. Ontbrekende gebruikersnaam" // nl
        "Błąd uwierzytelniania. Brak nazwy użytkownika" // pl
        "Uwierzytelnianie nie powiodło się: brak nazwy użytkownika." // pl
        "Falha na autenticação. Utilizador ausente" // pt
        "Falha na autenticação. Usuário ausente" // pt_BR
        "Autentificare eșuată. Numele de utilizator lipsește" // ro
        "Ошибка аутентификации. Отсутствует имя пользователя" // ru
        "Autentifikácia zlyhala. Chýbajúce meno" // sk
        "அங்கீகார தோல்வி. பயனர்பெயர் காணவில்லை" // ta
        "Kimlik doğrulama hatası. Kullanıcı Adı Eksik" // tr
        "Помилка автентифікації. Відсутнє ім'я користувача" // uk
        "验证失败,缺少用户名" // zh_Hans
        "身份驗證失敗。缺少使用者名" // zh_Hant
    ]
    UNKNOWN_REALM "Authentication failure. Unknown realm:" [
        "Chyba autentizace. Neznámý realm:" // cs
        "Authentifizierungsfehler. Unbekannter Realm:" // de
        "Fallo en la autenticación. Dominio desconocido:" // es
        "Échec de l'authentification. Domaine inconnu :" // fr
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ບໍ່ຮູ້ຈັກເຣມ:" // lo
        "Authenticatie mislukt. Onbekende realm:" // nl
        "Uwierzytelnianie nie powiodło się. Nieznana domena:" // pl
        "Ошибка аутентификации. Неизвестный домен:" // ru
        "Autentifikácia zlyhala. Neznáma doména:" // sk
        "அங்கீகார தோல்வி. அறியப்படாத சாம்ராச்யம்:" // ta
        "Помилка автентифікації. Невідома область:" // uk
        "验证失败,未知的域:" // zh_Hans
    ]
    TIME_LIMIT "Authentication failure. The account has exceeded the authentication time limit!" [
        "Authentisierung fehlgeschlagen. Der Account hat das Zeitlimit für Authentisierungen überschritten!" // de
        "Echec Authentification. Le compte a atteint la durée maximale pour l'authentification !" // fr
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ບັນຊີນີ້ໄດ້ເກີນກຳນົດເວລາຢືນຢັນຕົວຕົນແລ້ວ!" // lo
        "Uwierzytelnianie nie powiodło się. Dla konta przekroczono limit uwierzytelnień w określonym czasie!" // pl
        "Ошибка аутентификации. Превышен лимит времени на аутентификацию для аккаунта!" // ru
        "Autentifikácia zlyhala. Účtu vypršal časový limit pre autentifikáciu!" // sk
        "Помилка автентифікації. Обліковий запис перевищив ліміт часу автентифікації!" // uk
    ]
    PASSKEY_UNREGISTERED "Authentication failure. The passkey is not registered." [
        "Authentifizierungsfehler. Der Passkey ist nicht registriert." // de
        "Échec de l'authentification. La clé d'accès n'est pas enregistrée." // fr
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ແພສຄີນີ້ບໍ່ໄດ້ລົງທະບຽນໄວ້." // lo
        "Authenticatie mislukt. De passkey is niet geregistreerd." // nl
        "Uwierzytelnianie nie powiodło się. Klucz dostępu nie jest zarejestrowany." // pl
        "Falha na autenticação. Utilizador ausente." // pt
        "Falha na autenticação. Usuário ausente." // pt_BR
        "Ошибка аутентификации. Passkey не зарегистрирован." // ru
        "Autentifikácia zlyhala. Passkey nie je registrované." // sk
        "அங்கீகார தோல்வி. பாச்கி பதிவு செய்யப்படவில்லை." // ta
        "Помилка автентифікації. Ключ доступу не зареєстрований." // uk
        "验证失败,通行密钥未注册。" // zh_Hans
    ]
    PASSKEY_FAILED "Authentication failure using passkey." [
        "Authentifizierungsfehler mit Passkey." // de
        "Échec de l'authentification en utilisant la clé d'accès." // fr
        "ການຢືນຢັນຕົວຕົນຜິດພາດໂດຍໃຊ້ແພສຄີ." // lo
        "Authenticatie mislukt met passkey." // nl
        "Uwierzytelnianie kluczem dostępu nie powiodło się." // pl
        "Falha na autenticação. Utilizador ausente." // pt
        "Falha na autenticação. Usuário ausente." // pt_BR
        "Ошибка аутентификации при использовании passkey." // ru
        "Autentifikácia passkey zlyhala." // sk
        "பாச்கியைப் பயன்படுத்தி அங்கீகார தோல்வி." // ta
        "Помилка автентифікації за допомогою ключа доступу." // uk
    ]
    PASSKEY_OFF "Authentication with passkey disabled." [
        "Authentisierung mit Passkey ist deaktiviert." // de
        "Autenticación con clave de acceso deshabilitada" // es
        "Authentification avec clé d'accès désactivée." // fr
        "ການຢືນຢັນຕົວຕົນດ້ວຍແພສຄີຖືກປິດໄວ້." // lo
        "Authenticatie met passkey uitgeschakeld." // nl
        "Uwierzytelnianie kluczem dostępu jest wyłączone." // pl
        "Autenticação com passkey foi desativada." // pt
        "Autenticação com senha (palavra-passe) foi desativada." // pt_BR
        "Аутентификация с использованием passkey отключена." // ru
        "Autentifikácia cez passkey je vypnutá." // sk
        "பாச்கி முடக்கப்பட்ட ஏற்பு." // ta
        "Автентифікація з вимкненим паролем." // uk
        "禁用通行密钥认证。" // zh_Hans
    ]
    TOKEN_TYPE "Authentication failure. The token type {} is disabled." [
        "Authentisierung fehlgeschlagen. Der Tokentyp {} ist deaktiviert." // de
        "Echec authentification. Le type de jeton {} est désactivé." // fr
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ໂທເຄັນປະເພດ {} ຖືກປິດໄວ້." // lo
        "Uwierzytelnianie nie powiodło się. Typ tokena {} jest wyłączony." // pl
        "Falha de autenticação. O tipo de token {} está desativado." // pt
        "Ошибка аутентификации. Тип токена {} отключен." // ru
        "Autentifikácia zlyhala. Token typu {} je vypnutý." // sk
        "Помилка автентифікації. Тип токена {} вимкнено." // uk
    ]
    NO_USER "Authentication failure. Token has no user." [
        "Authentifizierungsfehler. Der Token ist keinem Benutzer zugewiesen." // de
        "Échec de l'authentification. Le jeton n'a pas d'utilisateur." // fr
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ໂທເຄັນບໍ່ມີຜູ້ໃຊ້ງານ." // lo
        "Authenticatie mislukt. Het token heeft geen gebruiker." // nl
        "Uwierzytelnianie nie powiodło się. Do tokena nie przypisano użytkownika." // pl
        "Falha de autenticação. O Token não tem nenhum utilizador." // pt
        "Ошибка аутентификации. Токен не привязан к пользователю." // ru
        "Autentifikácia zlyhala. Tokenu nie je priradený používateľ." // sk
        "அங்கீகார தோல்வி. உங்கள் கிள்ளாக்கு காலாவதியானது." // ta
        "Помилка автентифікації. Токен не має користувача." // uk
        "验证失败,因为您的令牌无对应用户。" // zh_Hans
    ]
    LAST_AUTH "Authentication failure. Last authentication policy check failed for token {}" [
        "Authentisierung fehlgeschlagen. Richtlinienüberprüfung für die letzte Authentisierung des Token {} fehlgeschlagen" // de
        "Echec authentification. La dernière vérification de la politique d'authentification a échoué pour le jeton {}" // fr
        "ການຢືນຢັນຕົວຕົນຜິດພາດ. ການກວດສອບນະໂຍບາຍການຢືນຢັນຕົວຕົນຄັ້ງຫຼ້າສຸດສຳລັບໂທເຄັນ {} ບໍ່ສຳເລັດ" // lo
        "Uwierzytelnianie nie powiodło się. Token {} nie spełnia polityki ostatniego uwierzytelnienia." // pl
        "Ошибка аутентификации. Последняя попытка проверки политики аутентификации неудачна для токена {}" // ru
        "Autentifikácia zlyhala. Posledná kontrola pravidiel overovania zlyhala pre token {}" // sk
        "Помилка автентифікації. Остання перевірка політики автентифікації для токена {} не вдалася" // uk
    ]
    API_KEY "Authentication failure. A valid API key is required." [
    ]
    WRONG_PIN "wrong otp pin" [
        "nesprávný PIN" // cs
        "falsche OTP-Pin" // de
        "mauvais pin otp" // fr
        "otp pin ບໍ່ຖືກຕ້ອງ" // lo
        "foute otp pin" // nl
        "Błędny PIN tokena" // pl
        "தவறான OTP முள்" // ta
        "неправильний otp-пін" // uk
    ]
    WRONG_OTP "wrong otp value" [
        "jednorázový kód není správný" // cs
        "falscher OTP-Wert" // de
        "mauvaise valeur otp" // fr
        "ຄ່າ otp ບໍ່ຖືກຕ້ອງ" // lo
        "verkeerde otp-waarde" // nl
        "Błędny kod OTP" // pl
        "தவறான OTP மதிப்பு" // ta
        "неправильне значення otp" // uk
    ]
    NO_TOKENS "The user has no tokens assigned" [
        "Uživatel nemá žádné tokeny" // cs
        "Dem Benutzer sind keine Token zugewiesen" // de
        "L'utilisateur n'a pas de jeton assigné" // fr
        "L'utente non ha token assegnati" // it
        "ຜູ້ໃຊ້ບໍ່ມີໂທເຄັນມອບໝາຍ" // lo
        "De gebruiker heeft geen toegewezen token" // nl
        "Użytkownik nie ma przypisanych tokenów" // pl
        "У пользователя нет назначенных токенов" // ru
        "பயனருக்கு டோக்கன்கள் ஒதுக்கப்படவில்லை" // ta
        "Користувач не має призначених токенів" // uk
        "用户没有分配到令牌" // zh_Hans
    ]
    NO_MATCH "Response did not match the challenge." [
        "Odpověď neodpovídá výzvě." // cs
        "Die Antwort passt nicht zur Challenge." // de
        "La réponse ne correspond pas au challenge." // fr
        "ຄຳຕອບບໍ່ກົງກັບແຊລເລນຈ໌." // lo
        "Antwoord kwam niet overeen met de challenge." // nl
        "Odpowiedź nie pasuje do wyzwania." // pl
        "பதில் சவாலுடன் பொருந்தவில்லை." // ta
        "Відповідь не відповідала виклику." // uk
    ]
    NO_MATCHES "Response did not match for {} tokens." [
        "Odpověď neodpovídá žádnému z {} tokenů." // cs
        "Die Antwort stimmte für {} Token nicht überein." // de
        "La réponse ne correspond pas pour {} jetons." // fr
        "ຄຳຕອບບໍ່ກົງສຳລັບ {} ໂທເຄັນ." // lo
        "Antwoord kwam niet overeen voor {} tokens." // nl
        "Odpowiedź nie pasuje do wyzwania dla {} tokenów." // pl
        "பதில் {} டோக்கன்களுக்கு பொருந்தவில்லை." // ta
        "Відповідь не збігається для {} маркерів." // uk
    ]
    ENTER_OTP "please enter otp: " [
        "prosím vložte jednorázový kód: " // cs
        "Bitte geben Sie einen OTP-Wert ein: " // de
        "por favor ingrese otp: " // es
        "Veuillez saisir votre otp : " // fr
        "Veuillez saisir votre otp : " // fr
        "ກະລຸນາປ້ອນ otp: " // lo
        "geef otp: " // nl
        "Wprowadź kod OTP: " // pl
        "por favor, digite otp: " // pt pt_BR
        "தயவுசெய்து OTP ஐ உள்ளிடவும்: " // ta
        "lütfen otp girin: " // tr
        "будь ласка, введіть otp: " // uk
        "请输入otp： " // zh_Hans
        "請輸入 otp： " // zh_Hant
    ]
    NO_SUCH_TOKEN "The requested token could not be found." [
        "Požadovaný token nebyl nalezen." // cs
        "Der gesuchte Token wurde nicht gefunden." // de
        "Le jeton demandé n'a pas pu être trouvé." // fr
        "ບໍ່ພົບໂທເຄັນທີ່ຕ້ອງການ." // lo
        "Het gevraagde token kon niet gevonden worden." // nl
        "Nie znaleziono żądanego tokena." // pl
        "கோரப்பட்ட டோக்கனைக் கண்டுபிடிக்க முடியவில்லை." // ta
        "Запитуваний маркер не знайдено." // uk
    ]
    NOT_ITS_SERIAL "Given serial does not belong to given user!" [
        "Angegebene Seriennummer ist dem Benutzer nicht zugeordnet!" // de
        "ເລກຊີຣຽນທີ່ໃຫ້ມາບໍ່ໄດ້ເປັນຂອງຜູ້ໃຊ້ທີ່ກຳນົດໄວ້!" // lo
        "Podany numer seryjny nie należy do wskazanego użytkownika!" // pl
    ]
    REFILL "Token is not an offline token or refill token is incorrect" [
        "Der Token ist kein Offline-Token oder der Refill-Token ist inkorrekt" // de
        "ໂທເຄັນບໍ່ແມ່ນໂທເຄັນແບບອອບໄລນ໌ ຫຼື ໂທເຄັນຣີຟິວບໍ່ຖືກຕ້ອງ" // lo
        "Token nie jest tokenem offline albo token uzupełniający jest nieprawidłowy" // pl
    ]
    UNAVAILABLE "The authentication method is not available." [
        "Die Authentisierungsmethode ist nicht verfügbar." // de
        "ວິທີການຢືນຢັນຕົວຕົນນີ້ບໍ່ສາມາດໃຊ້ໄດ້." // lo
        "Ta metoda uwierzytelniania jest niedostępna." // pl
    ]
    AGAIN ". previous otp used again" [
        ". Jednorázový kód byl použit dvakrát" // cs
        "früherer OTP-Wert wieder verwendet" // de
        ". otp précédent encore utilisé" // fr
        ". otp ກ່ອນໜ້ານີ້ຖືກໃຊ້ງານອີກຄັ້ງ" // lo
        ". vorige otp opnieuw gebruikt" // nl
        ". Ponownie użyto poprzedniego kodu OTP" // pl
        ". முந்தைய OTP மீண்டும் பயன்படுத்தப்பட்டது" // ta
        ". попередній otp використано знову" // uk
    ]
    NO_CHALLENGE "No active challenge response token found" [
        "Nebyl nalezen žádný aktivní token na bázi výzva-odpověď" // cs
        "Kein aktiver Challenge-Response Token gefunden" // de
        "Aucun jeton actif de réponse de challenge trouvé" // fr
        "ບໍ່ພົບໂທເຄັນແຊລເລນຈ໌ຄຳຕອບທີ່ໃຊ້ງານຢູ່" // lo
        "Geen actief challenge response token gevonden" // nl
        "Nie znaleziono aktywnego tokena obsługującego odpowiedź na wyzwanie" // pl
        "செயலில் அறைகூவல் மறுமொழி கிள்ளாக்கு கிடைக்கவில்லை" // ta
        "Жетона активної відповіді на виклик не знайдено" // uk
    ]
    UNFIT "Challenge matches, but token is not fit for challenge" [
        "Výzva odpovídá, ale token neodpovídá výzvě" // cs
        "Challenge stimmt überein aber der Token ist nicht für Challenge-Response geeignet" // de
        "Challenge correspondant, mais le jeton n'est pas compatible pour le challenge" // fr
        "ແຊລເລນຈ໌ກົງກັນ, ແຕ່ໂທເຄັນບໍ່ເໝາະສົມສຳລັບແຊລເລນຈ໌" // lo
        "Challenge komt overeen, maar token is niet geschikt voor challenge" // nl
        "Znaleziono pasujące wyzwanie, ale token nie może go obsłużyć" // pl
        "அறைகூவல் போட்டிகள், ஆனால் கிள்ளாக்கு சவாலுக்கு பொருந்தாது" // ta
        "Виклик відповідає, але жетон не підходить для виклику" // uk
    ]
    NOT_VERIFIED "OTP verification failed." [
        "Ověření jednorázového kódu selhalo." // cs
        "OTP-Überprüfung fehlgeschlagen." // de
        "Echec de vérification OTP." // fr
        "ການຢືນຢັນ OTP ລົ້ມເຫຼວ." // lo
        "OTP-verificatie mislukt." // nl
        "Weryfikacja kodu OTP nie powiodła się." // pl
        "OTP சரிபார்ப்பு தோல்வியடைந்தது." // ta
        "Не вдалося перевірити OTP." // uk
    ]
    UNSPECIFIC "Authentication failed." [
        "Authentisierung fehlgeschlagen." // de
        "ການຢືນຢັນຕົວຕົນຜິດພາດ." // lo
        "Uwierzytelnianie nie powiodło się." // pl
        "验证失败。" // zh_Hans
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
            for translation in phrase.translations {
                let read = english(translation);
                let alike = ALL
                    .iter()
                    .filter(|p| p.translations.iter().any(|t| translation.starts_with(t)));
                assert!(
                    alike.map(|p| p.english).any(|text| read.starts_with(text)),
                    "{translation}: {read}"
                );
            }
            assert_eq!(english(phrase.english), phrase.english);
        }
    }
}
