{{/* The shared folder: the volume is mounted one above, as only the controller's own folder can be closed to others. */}}
{{- define "gatehouse.runDirectory" -}}/run/gatehouse/live{{- end -}}

{{/*
The Pod: the controller is a native sidecar, so it starts before NGINX and ends after it. NGINX starts when the first configuration has
been tested. Only the controller has the token of the service account.
*/}}
{{- define "gatehouse.podTemplate" -}}
{{- $controller := .Values.controller -}}
metadata:
  labels:
    {{- include "gatehouse.labels" . | nindent 4 }}
    {{- with $controller.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with $controller.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $controller.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "gatehouse.serviceAccountName" . }}
  automountServiceAccountToken: false
  shareProcessNamespace: true
  terminationGracePeriodSeconds: {{ $controller.terminationGracePeriodSeconds | int }}
  {{- include "gatehouse.podPlacement" . | nindent 2 }}
  {{- with include "gatehouse.podSecurityContext" . | fromYaml }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  initContainers:
    {{- with $controller.extraInitContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- include "gatehouse.controllerContainer" . | nindent 4 }}
  containers:
    {{- include "gatehouse.nginxContainer" . | nindent 4 }}
    {{- with $controller.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "gatehouse.volumes" . | nindent 4 }}
{{- end -}}

{{/* Where the Pod runs, and what it sees of its node. */}}
{{- define "gatehouse.podPlacement" -}}
{{- $controller := .Values.controller -}}
dnsPolicy: {{ $controller.dnsPolicy }}
{{- with $controller.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $controller.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $controller.hostname }}
hostname: {{ toYaml . }}
{{- end }}
{{- if $controller.hostNetwork }}
hostNetwork: true
{{- end }}
{{- with $controller.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with $controller.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $controller.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $controller.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $controller.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $controller.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- $ownPods := dict "labelSelector" (dict "matchLabels" (include "gatehouse.selectorLabels" $ | fromYaml)) }}
  {{- range . }}
  - {{ ternary . (merge (dict) (deepCopy .) $ownPods) (hasKey . "labelSelector") | toYaml | nindent 4 | trim }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "gatehouse.podSecurityContext" -}}
{{- $controller := .Values.controller -}}
{{- $context := deepCopy $controller.podSecurityContext -}}
{{- $sysctls := default (list) $context.sysctls -}}
{{- range $name, $value := $controller.sysctls -}}
{{- $sysctls = append $sysctls (dict "name" $name "value" (toString $value)) -}}
{{- end -}}
{{- $lowest := "net.ipv4.ip_unprivileged_port_start" -}}
{{- $isSet := false -}}
{{- range $sysctls -}}{{- if eq .name $lowest -}}{{- $isSet = true -}}{{- end -}}{{- end -}}
{{- if and (include "gatehouse.hasLowPort" .) (not $controller.hostNetwork) (not $isSet) -}}
{{- /* One of the sysctls that Pod Security "restricted" allows; it makes the capability NET_BIND_SERVICE needless. */ -}}
{{- $sysctls = append $sysctls (dict "name" $lowest "value" "0") -}}
{{- end -}}
{{- if $sysctls -}}{{- $_ := set $context "sysctls" $sysctls -}}{{- end -}}
{{- if and (include "gatehouse.startsAsRoot" .) (not (hasKey $context "fsGroup")) -}}
{{- /* The token would otherwise belong to root alone. */ -}}
{{- $_ := set $context "fsGroup" (int $controller.image.runAsGroup) -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}

{{- define "gatehouse.volumes" -}}
- name: run
  emptyDir:
    medium: Memory
- name: tmp
  emptyDir: {}
- name: token
  projected:
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3607
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
{{- with .Values.controller.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
