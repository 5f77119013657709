//! Characters that nobody sees where they stand: for what is shown to people, or handed to programs that show it.

/// Whether the character acts on a terminal, or cannot be seen there.
pub fn is_hidden(c: char) -> bool {
    // Most of any log.
    if matches!(c, ' '..='~') {
        return false;
    }
    c.is_control()
        || matches!(c,
            // Bidi controls.
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}'
            // Line and paragraph separator.
            | '\u{2028}' | '\u{2029}'
            // Zero width: space, joiners, word joiner and invisible operators, byte order mark.
            | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}' | '\u{FEFF}'
            // Soft hyphen, grapheme joiner, and letters without a shape.
            | '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{2800}' | '\u{3164}' | '\u{FFA0}'
            // Variation selectors, and Mongolian ones with their vowel separator.
            | '\u{FE00}'..='\u{FE0F}' | '\u{180B}'..='\u{180F}'
            // Interlinear annotation, shorthand and musical format controls.
            | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            // Tags and further variation selectors: whole texts can be written with them unseen.
            | '\u{E0000}'..='\u{E0FFF}')
}
