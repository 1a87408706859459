using System.Text.RegularExpressions;

namespace Penstock.Server.Wire;

/// <summary>Hides what names a person or opens a door: tokens, passwords, certificates. The frame stays valid JSON.</summary>
internal static partial class Mask
{
    internal static string Of(string frame) => Authorization().Replace(Secrets().Replace(frame, m => $"{m.Groups[1].Value}\"{Start(m.Groups[2].Value)}***\""), m => $"{m.Groups[1].Value}\"***\"");

    private static string Start(string value) => value.Length > 4 && char.IsAsciiLetterOrDigit(value[0]) && char.IsAsciiLetterOrDigit(value[1]) ? value[..2] : "";

    [GeneratedRegex("(\"(?:idTag|parentIdTag|idToken|basicAuthPassword|password|apnPassword|csr|certificate|certificateChain|exiRequest|exiResponse|signingCertificate|signature|customerIdentifier|vpnKey)\"\\s*:\\s*)\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Secrets();

    /// <summary>OCPP 1.6 sets the password by ChangeConfiguration: the value beside the key.</summary>
    [GeneratedRegex("(\"[^\"]*(?:AuthorizationKey|BasicAuthPassword)[^}]*?\"(?:value|attributeValue)\"\\s*:\\s*)\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Authorization();
}
