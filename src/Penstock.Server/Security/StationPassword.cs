using System.Security.Cryptography;
using System.Text;

namespace Penstock.Server.Security;

/// <summary>The password of a station: text in OCPP 2.x (BasicAuthPassword), bytes told as hexadecimal in 1.6 (AuthorizationKey).</summary>
public static class StationPassword
{
    /// <summary>Characters of a password: at least as OCPP 2.0.1 A00.FR.205 asks for, at most what 1.6 and 2.0.1 carry.</summary>
    public const int LengthMin = 16, LengthMax = 40;

    /// <summary>Bytes of a 1.6 key as the whitepaper allows them; twice as many hexadecimal digits.</summary>
    private const int KeyBytesMin = 16, KeyBytesMax = 20;

    /// <summary>20 random bytes as 40 hexadecimal digits: a key of 1.6 and a text of 2.x alike.</summary>
    public static string Generate() => Convert.ToHexString(RandomNumberGenerator.GetBytes(KeyBytesMax));

    /// <summary>Stations of 1.6 send the bytes of their key or its digits; both are the same password.</summary>
    public static byte[] Canonical(ReadOnlySpan<byte> password)
    {
        var key = new byte[KeyBytesMax];
        return password.Length is >= KeyBytesMin * 2 and <= KeyBytesMax * 2 && Convert.FromHexString(password, key, out _, out var written) == System.Buffers.OperationStatus.Done
            ? key[..written]
            : password.ToArray();
    }

    /// <summary>What is wrong with a chosen password; null = nothing.</summary>
    public static string? Fault(string password) =>
        password.Length is < LengthMin or > LengthMax ? $"password has {LengthMin} to {LengthMax} characters; this one has {password.Length}."
        : password.Any(c => c is < ' ' or > '~') ? "password is printable ASCII: stations differ in how they send other characters."
        : null;

    /// <summary>Why OCPP 1.6 cannot carry it; null = it can.</summary>
    public static string? FaultIn16(string password) => Canonical(Encoding.UTF8.GetBytes(password)).Length == password.Length
        ? $"A station of OCPP 1.6 takes a password of {KeyBytesMin * 2} to {KeyBytesMax * 2} hexadecimal digits (AuthorizationKey)."
        : null;
}
