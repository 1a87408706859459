using System.Text.RegularExpressions;

namespace Penstock.Server.Wire;

/// <summary>Hides what names a person: tokens, certificates. The frame stays valid JSON. Passwords are not even in the log (<see cref="Security.Secrets"/>).</summary>
internal static partial class Mask
{
    internal static string Of(string frame) => Named().Replace(frame, m => $"{m.Groups[1].Value}\"{Start(m.Groups[2].Value)}***\"");

    private static string Start(string value) => value.Length > 4 && char.IsAsciiLetterOrDigit(value[0]) && char.IsAsciiLetterOrDigit(value[1]) ? value[..2] : "";

    [GeneratedRegex("(\"(?:idTag|parentIdTag|idToken|apnPassword|csr|certificate|certificateChain|exiRequest|exiResponse|signingCertificate|signature|customerIdentifier|vpnKey)\"\\s*:\\s*)\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Named();
}
